"""A process that nobody needs lets go of what it can get back, and wakes when somebody does."""
