"""Speech as data: the cache, synthesis and audio formats."""
