"""Floor 4, what the client sees."""
