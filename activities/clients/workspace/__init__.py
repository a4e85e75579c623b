"""The folders that builds run in."""
