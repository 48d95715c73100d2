"""The libraries that a model runs under on this machine, where they are not this Python's own."""
