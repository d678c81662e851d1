"""Where each role starts its day, its lists, saved views, and the help pages."""

from flask import Blueprint

bp = Blueprint("home", __name__)

# the views register themselves on bp
from caseapp.blueprints.home.views import about, caseload, looking, our_actions, saved_views, team  # noqa: E402, F401
