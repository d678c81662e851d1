"""The directory of agencies."""

from flask import Blueprint

bp = Blueprint("directory", __name__)

from caseapp.blueprints.directory import views  # noqa: E402, F401 - the views register themselves on bp
