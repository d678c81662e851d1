"""Doors of a case: who may not know of it (X-8), and who asks to be let in."""

from flask import Blueprint

bp = Blueprint("doors", __name__)

from caseapp.blueprints.doors.views import denials, own_denials, requests  # noqa: E402, F401 - they register themselves on bp
