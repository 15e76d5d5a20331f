"""Peers: what else one could run to the same end, each with what it does and does not do said at its head."""
