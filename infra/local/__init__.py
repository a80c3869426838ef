"""One machine: embedded PostgreSQL, the local gateway, the command line."""
