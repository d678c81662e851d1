"""Caseload sheets: upload, preview, confirm."""
