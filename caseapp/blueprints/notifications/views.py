"""News."""

from caseapp.blueprints.notifications import bp
from caseapp.web.access import signed_in
from caseapp.web.answers import page


@bp.get("/news")
@signed_in
def index():
    return page("errors/error.html", status=404)
