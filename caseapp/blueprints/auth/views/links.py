"""Single-use links: a forgotten password, an invitation."""

import time

from flask import current_app, redirect, request, url_for

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.blueprints.auth.forms import ForgottenForm, NewPasswordForm
from caseapp.queries import accounts as reads
from caseapp.queries import agency_sign_in
from caseapp.services import account_links, passwords
from caseapp.web import directories
from caseapp.web.access import public
from caseapp.web.answers import page
from caseapp.web.links import link_to
from caseapp.web.transactions import outside_transaction

#: Every answer about a forgotten password takes this long, in seconds, so that its time does not tell either.
ANSWER_AFTER = 0.25


@bp.get("/password/forgotten")
@public
def forgotten():
    return page("auth/forgotten.html", form=ForgottenForm())


@bp.post("/password/forgotten")
@public
def forgotten_now():
    begun = time.monotonic()
    form = ForgottenForm()
    if not form.validate_on_submit():
        return page("auth/forgotten.html", 422, form=form)
    account_links.ask_for_password(
        form.email.data, at=clock.now(), link_to=link_to, address=request.remote_addr or ""
    )
    time.sleep(max(0.0, ANSWER_AFTER - (time.monotonic() - begun)))
    return redirect(url_for("auth.forgotten_sent"), 303)


@bp.get("/password/sent")
@public
def forgotten_sent():
    return page("auth/forgotten_sent.html")


@bp.get("/password/<token>")
@public
def new_password(token):
    link = reads.link(token, at=clock.now())
    return _gone() if link is None else _choose(token, link, NewPasswordForm(formdata=None))


def _choose(token, link, form, status=200):
    return page("auth/new_password.html", status, form=form, link=link, token=token, **_ways(link))


def _ways(link):
    """What the link may open: a password, where one opens the door at all; the agency's directory."""
    way = agency_sign_in.of(reads.credentials_of(link.user_id).agency_id)
    return {
        "by_password": agency_sign_in.password_opens(agency_sign_in.roles_of(link.user_id), way),
        "directory": directories.of_agency(way),
    }


@bp.post("/password/<token>")
@public
def new_password_now(token):
    """Chosen with a link. Nobody is signed in by it: whoever finds an old mail has only the link."""
    link = reads.link(token, at=clock.now())
    if link is None:
        return _gone()
    form = NewPasswordForm()
    if not _ways(link)["by_password"]:
        return _choose(token, link, form, 422)
    if form.validate_on_submit():
        fault = passwords.fault(
            form.new.data,
            about=(link.name, link.agency_name, link.email),
            breached=current_app.config["BREACH_LIST"],
        )
        if fault is None:
            with outside_transaction():
                new_hash = passwords.hashed(form.new.data)
            used = account_links.use(
                token, at=clock.now(), new_hash=new_hash, address=request.remote_addr or ""
            )
            return redirect(url_for("auth.password_set"), 303) if used else _gone()
        form.reject(fault, "new")
    return _choose(token, link, form, 422)


@bp.get("/password/set")
@public
def password_set():
    return page("auth/password_set.html")


def _gone():
    return page("auth/link_gone.html", 410)
