"""An agency's own page and settings."""
