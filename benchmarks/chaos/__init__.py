"""What becomes of turns when things break under them: `python -m benchmarks.chaos`."""
