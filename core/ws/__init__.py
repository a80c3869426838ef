"""WebSockets: wire format, authentication, close codes."""
