"""Floor 1, the rules: pure, standard library only."""
