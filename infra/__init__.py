"""Everything that knows where UnaMentis Cloud runs."""
