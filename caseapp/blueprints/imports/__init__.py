"""Caseload sheets: upload, look, confirm. For a line manager of the agency that leads the cases."""

from flask import Blueprint

bp = Blueprint("imports", __name__, url_prefix="/imports")

from caseapp.blueprints.imports import views  # noqa: E402, F401 - the views register themselves on bp
