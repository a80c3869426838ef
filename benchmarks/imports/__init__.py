"""What an import costs, and what becomes of it when its process is killed half-way."""
