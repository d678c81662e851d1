"""People: search, register, the person's own page."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from caseapp.blueprints.people import views  # noqa: E402, F401 - the views register themselves on bp
