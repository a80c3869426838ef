"""One file per aggregate: all SQL outside shared.db."""
