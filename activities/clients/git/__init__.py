"""Git: mirrors, and what is read out of them."""
