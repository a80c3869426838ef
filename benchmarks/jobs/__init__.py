"""Jobs while their processes are killed, at a steady rate, and beside procrastinate."""
