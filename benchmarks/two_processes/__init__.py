"""Several voice processes on one database behind a round-robin proxy: `python -m benchmarks.two_processes`."""
