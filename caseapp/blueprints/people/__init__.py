"""People: search, register, the person's own page."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from caseapp.blueprints.people.views import (  # noqa: E402, F401 - they register themselves on bp
    family,
    numbers,
    record,
    register,
    search,
    warnings,
)
