"""The directory of agencies."""
