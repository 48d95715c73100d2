"""Writes a project's files from a fitted Pipeline and, where there is some, its training data."""
