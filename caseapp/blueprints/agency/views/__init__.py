"""Views of the own agency, by what they are about."""
