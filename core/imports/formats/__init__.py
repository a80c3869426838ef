"""Books of every kind as topics with something to say. Pure: bytes in, UMCF nodes out."""
