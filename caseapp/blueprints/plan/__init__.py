"""The shared plan: reading, editing, agreeing, printing."""

from flask import Blueprint

bp = Blueprint("plan", __name__)

from caseapp.blueprints.plan import views  # noqa: E402, F401 - the views register themselves on bp
