"""Every sentence the bot can say, built from values."""
