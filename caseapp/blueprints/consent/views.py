"""Consent: what the person agreed to share, with whom, until when."""
