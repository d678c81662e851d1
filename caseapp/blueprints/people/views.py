"""People: search, register, the person's own page."""
