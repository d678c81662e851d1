"""News: what happened, read through the viewer's own sight."""

from flask import Blueprint

bp = Blueprint("notifications", __name__)

from caseapp.blueprints.notifications import views  # noqa: E402, F401 - the views register themselves on bp
