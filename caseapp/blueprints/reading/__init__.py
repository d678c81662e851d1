"""Who has read which chapter: a line manager's matrix and records, asking for reading, reading sets, figures (issue 5)."""

from flask import Blueprint

bp = Blueprint("reading", __name__, url_prefix="/reading")

from caseapp.blueprints.reading.views import (  # noqa: E402, F401 - the views register themselves on bp
    asked,
    assigning,
    exports,
    figures,
    matrix,
    person,
    sets,
)
