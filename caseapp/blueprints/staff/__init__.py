"""Staff of an agency, kept by its administrator."""

from flask import Blueprint

bp = Blueprint("staff", __name__)

from caseapp.blueprints.staff import views  # noqa: E402, F401 - the views register themselves on bp
