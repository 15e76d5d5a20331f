"""Floor 5, the front door."""
