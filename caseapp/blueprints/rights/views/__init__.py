"""The views, one module for each noun."""

from caseapp.blueprints.rights.views import corrections, items, requests, retention

__all__ = ["corrections", "items", "requests", "retention"]
