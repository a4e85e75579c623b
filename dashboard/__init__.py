"""What shows: pages for pull requests and logs; it writes nothing."""
