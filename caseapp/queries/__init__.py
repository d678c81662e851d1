"""Reads. Every function takes `viewer=` and returns rows or frozen dataclasses, never more than that viewer may see."""
