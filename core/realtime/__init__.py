"""The voice core behind the events of OpenAI's Realtime API."""
