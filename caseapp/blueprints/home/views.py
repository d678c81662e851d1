"""Where each role starts its day."""

from caseapp.blueprints.home import bp
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page


@bp.get("/")
@signed_in
def start():
    return page("errors/error.html", status=404)


@bp.get("/about/<name>")
@public
def page_(name):
    return page("errors/error.html", status=404)


bp.add_url_rule("/about/<name>", "page", page_)
