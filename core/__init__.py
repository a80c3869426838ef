"""The stateful voice service: WebSockets in, speech out."""
