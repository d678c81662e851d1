"""The views of a case, by noun."""
