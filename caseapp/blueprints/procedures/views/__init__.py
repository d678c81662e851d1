"""Views of the handbook."""
