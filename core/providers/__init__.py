"""Speech and language vendors, each behind a small port in our own words."""
