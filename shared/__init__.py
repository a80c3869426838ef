"""What every entry point stands on: configuration, database, repositories, domain rules and the HTTP kit."""
