"""Who is calling: tokens, passwords and the Caller they prove."""
