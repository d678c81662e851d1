"""An agency's own page and settings."""

from flask import Blueprint

bp = Blueprint("agency", __name__)

from caseapp.blueprints.agency import views  # noqa: E402, F401 - the views register themselves on bp
