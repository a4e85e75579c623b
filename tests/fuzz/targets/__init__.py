"""What is fuzzed: each module has ``check``, which takes any bytes and fails where the bot would."""
