"""Voice activity detection: the port and one file per vendor."""
