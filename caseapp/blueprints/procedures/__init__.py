"""The handbook: reading its chapters, confirming what was read, writing them."""

from flask import Blueprint

bp = Blueprint("procedures", __name__, url_prefix="/procedures")

from caseapp.blueprints.procedures.views import (  # noqa: E402, F401 - the views register themselves on bp
    confirming,
    editing,
    feedback,
    library,
    lists,
    own,
    publishing,
    reading,
)
