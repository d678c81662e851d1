"""Forms of the door and of the own account."""
