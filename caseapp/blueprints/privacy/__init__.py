"""The privacy officer: what waits, the record of who looked, unusual reading, the report of the year."""

from flask import Blueprint

bp = Blueprint("privacy", __name__, url_prefix="/privacy")

from caseapp.blueprints.privacy.views import (  # noqa: E402, F401 - they register themselves on bp
    desk,
    findings,
    names,
    record,
    rules,
    year,
)
