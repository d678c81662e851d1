"""The pages where a day starts, one module for each."""
