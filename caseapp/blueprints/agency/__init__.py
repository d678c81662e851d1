"""An agency's own entry, contacts and settings, kept by its administrator."""

from flask import Blueprint

bp = Blueprint("agency", __name__, url_prefix="/agency")

from caseapp.blueprints.agency.views import contacts, entry, settings, sign_in  # noqa: E402, F401 - they register themselves on bp
