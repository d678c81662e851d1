"""The shared plan: reading, editing, agreeing, printing."""
