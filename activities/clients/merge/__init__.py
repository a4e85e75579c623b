"""Three-way merges of trees, in memory."""
