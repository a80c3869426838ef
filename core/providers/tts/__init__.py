"""Text to speech: the port and one file per vendor."""
