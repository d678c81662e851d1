"""Above the agencies: triage of gaps and blocks, the group's agenda, the register, the quarter's reports."""

from flask import Blueprint

bp = Blueprint("triage", __name__)

# the views register themselves on bp
from caseapp.blueprints.triage.views import (  # noqa: E402
    agenda,  # noqa: F401
    index,  # noqa: F401
    register,  # noqa: F401
    register_keeping,  # noqa: F401
    reports,  # noqa: F401
    together,  # noqa: F401
)
