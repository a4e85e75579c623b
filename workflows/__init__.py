"""What decides: the workflows (design, section 3)."""
