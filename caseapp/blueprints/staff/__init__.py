"""Staff of an agency, kept by its administrator, who sees accounts and never a case."""

from flask import Blueprint

bp = Blueprint("staff", __name__, url_prefix="/staff")

from caseapp.blueprints.staff.views import access, changes, pages  # noqa: E402, F401 - the views register themselves on bp
