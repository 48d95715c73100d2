"""Reads a file of entities and their features, and keeps what is valid until all of it is known to be."""
