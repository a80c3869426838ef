"""Benchmarks: each runs a reference beside us in the same run and prints a ratio."""
