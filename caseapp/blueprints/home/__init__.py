"""Where each role starts its day, and the help pages."""

from flask import Blueprint

bp = Blueprint("home", __name__)

from caseapp.blueprints.home import views  # noqa: E402, F401 - the views register themselves on bp
