"""Speech to text: the port and one file per vendor."""
