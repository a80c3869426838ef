"""Administration: people, tenants, tokens, money and the record of what was done."""
