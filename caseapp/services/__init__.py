"""Use cases. Each takes `actor=` (a Viewer) and `at=` (a moment in UTC); the outermost one commits."""
