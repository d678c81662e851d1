"""Agencies and areas, kept by the system administrator."""

from flask import Blueprint

bp = Blueprint("system", __name__)

from caseapp.blueprints.system import views  # noqa: E402, F401 - the views register themselves on bp
