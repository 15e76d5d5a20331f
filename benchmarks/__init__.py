"""Benchmarks: ratios against a peer or an earlier revision, measured in the same run."""
