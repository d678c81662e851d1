"""Staff of an agency, kept by its administrator."""
