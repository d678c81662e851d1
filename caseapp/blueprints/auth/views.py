"""The door."""

from caseapp.blueprints.auth import bp
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page
from caseapp.web.sessions import sign_out as end_session


@bp.get("/sign-in")
@public
def sign_in():
    return page("errors/error.html", status=401)


@bp.post("/sign-out")
@signed_in
def sign_out():
    end_session()
    return page("errors/error.html", status=401)


@bp.get("/account")
@signed_in
def account():
    return page("errors/error.html", status=404)
