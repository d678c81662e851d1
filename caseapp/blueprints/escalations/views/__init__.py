"""The views of gaps and blocks, by noun."""
