"""The door: signing in and out, passwords, invitations, the own account."""

from flask import Blueprint

bp = Blueprint("auth", __name__)

from caseapp.blueprints.auth.views import account, directory, door, keys, links, second_factor  # noqa: E402, F401 - they register themselves on bp
