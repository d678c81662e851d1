"""Cases: opening, who works on them, notes, timeline, closing and reopening."""

from flask import Blueprint

bp = Blueprint("cases", __name__)

from caseapp.blueprints.cases.views import (  # noqa: E402, F401 - the views register themselves on bp
    agencies,
    audit,
    closing,
    notes,
    opening,
    show,
    team,
    timeline,
)
