"""The embedded backend: one SQLite file and a folder."""
