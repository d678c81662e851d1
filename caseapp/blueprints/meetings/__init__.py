"""Case meetings: calling, inviting, answering; the agenda, the meeting itself, its minutes."""

from flask import Blueprint

bp = Blueprint("meetings", __name__)

from caseapp.blueprints.meetings import views  # noqa: E402, F401 - the views register themselves on bp
