"""Objects: the port and its adapters."""
