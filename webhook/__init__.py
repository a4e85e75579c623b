"""What hears GitHub: checks a webhook and makes it durable in Temporal (design, section 5)."""
