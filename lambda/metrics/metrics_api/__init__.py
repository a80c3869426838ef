"""Client metrics, statistics and health over HTTP."""
