"""Who pays for what vendors do: wrappers around the providers of a session that reserve before and settle after."""
