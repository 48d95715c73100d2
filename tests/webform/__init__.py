"""The web form in a real browser, against real services."""
