"""Rights of the person: what is kept on request, what they say about it, how long it is kept."""

from flask import Blueprint

bp = Blueprint("rights", __name__)

from caseapp.blueprints.rights import views  # noqa: E402, F401 - they register themselves on bp
