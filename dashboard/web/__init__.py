"""The HTTP of the dashboard: its addresses, its answers and their headers."""
