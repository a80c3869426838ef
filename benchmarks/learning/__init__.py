"""Reading out of a full library: how long a request takes, and how that grows with the number of rows."""
