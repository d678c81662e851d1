"""Views of the door, by what they are about."""
