"""The door: signing in and out, passwords, invitations, the own account."""

from flask import Blueprint

bp = Blueprint("auth", __name__)

from caseapp.blueprints.auth import views  # noqa: E402, F401 - the views register themselves on bp
