"""The views of people, by noun."""
