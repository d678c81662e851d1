"""Gaps and blocks: raising them, where they are, the ladder."""

from flask import Blueprint

bp = Blueprint("escalations", __name__)

from caseapp.blueprints.escalations.views import (  # noqa: E402, F401 - they register themselves on bp
    index,
    ladder,
    naming,
    raising,
    steps,
)
