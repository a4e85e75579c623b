"""Commands in a sandbox, and their process trees."""
