"""Agencies and areas, kept by the system administrator."""
