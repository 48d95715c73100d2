"""A child process in which models are loaded: under the libraries that they need, and away from the command itself."""
