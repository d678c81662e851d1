"""Agencies and areas, kept by the system administrator, who sees no case."""

from flask import Blueprint

bp = Blueprint("system", __name__, url_prefix="/system")

from caseapp.blueprints.system.views import administrators, agencies, areas  # noqa: E402, F401 - they register themselves
