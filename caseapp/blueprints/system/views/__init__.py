"""Views of the system administrator, by what they are about."""
