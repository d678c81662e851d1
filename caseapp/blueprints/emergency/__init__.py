"""Access in an emergency: opening and reading, who may, and the review (X-7)."""

from flask import Blueprint

bp = Blueprint("emergency", __name__, url_prefix="/emergency")

from caseapp.blueprints.emergency.views import record, reviews, rights  # noqa: E402, F401 - they register themselves on bp
