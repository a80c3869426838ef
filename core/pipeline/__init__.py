"""The asynchronous stages of a voice turn, and the shell that obeys core.voice."""
