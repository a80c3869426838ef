"""The queue between the relay and the consumers: the port, and one file per server."""
