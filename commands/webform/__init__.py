"""The web form: built by Node, served on this machine, written for a static host."""
