"""`./unamentis doctor`: looks at everything an installation needs, and says what to do where something is wrong."""
