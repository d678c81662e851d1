"""Views of staff accounts."""
