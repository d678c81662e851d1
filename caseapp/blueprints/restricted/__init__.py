"""What is kept apart from a case's record, and disclosures without consent (X-6, S2-43)."""

from flask import Blueprint

bp = Blueprint("restricted", __name__)

from caseapp.blueprints.restricted.views import (  # noqa: E402, F401 - they register themselves on bp
    access,
    afterwards,
    disclosing,
    kept,
    made,
    section,
)
