"""Floor 2, rows in and values out: the only SQL."""
