"""Worlds: agencies, staff, people and their plans from a file, loaded through the same use cases as the pages.

docs/developers/world-files.md describes the file. `demo.json` is the one that `make run` loads.
"""

from caseapp.demo.accounts import accounts
from caseapp.demo.loader import NotEmpty, load
from caseapp.demo.reading import Fault, WorldRefused

__all__ = ["Fault", "NotEmpty", "WorldRefused", "accounts", "load"]
