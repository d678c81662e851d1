"""What is typed about a meeting, by noun."""
