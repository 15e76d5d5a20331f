"""The seed: the history of a small invented marketplace, told through the ordinary writer."""
