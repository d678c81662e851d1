"""The forms of the shared plan, one module for each noun."""
