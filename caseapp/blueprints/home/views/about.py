"""The way in, and the pages that explain: help, privacy, accessibility."""

from flask import abort, redirect
from flask_login import current_user

from caseapp.blueprints.home import bp
from caseapp.vocabulary import Role
from caseapp.web import navigation
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

PAGES = ("help", "privacy", "accessibility")


@bp.get("/")
@signed_in
def start():
    return redirect(navigation.landing(viewer()), 303)


@bp.get("/about/<name>", endpoint="page")
@public
def about(name):
    if name not in PAGES:
        abort(404)
    who = viewer() if current_user.is_authenticated else None
    return page(f"home/{name}.html", who=who, Role=Role, reach=navigation.reach)
