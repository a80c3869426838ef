"""The container image's programs: the same handlers and the same core, on a database of one's own."""
