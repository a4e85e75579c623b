"""GitHub's REST API, as one App."""
