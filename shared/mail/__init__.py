"""Mail to people: the port, its adapters, and the postman who empties the outbox."""
