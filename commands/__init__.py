"""The CLI's commands, one file for each group; cli.py is their face."""
