"""Signing in and out."""

from flask import current_app, make_response, redirect, request, url_for
from flask_login import current_user

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.queries import accounts as reads
from caseapp.services import accounts, passwords
from caseapp.web import demo_door, kept
from caseapp.web.access import public
from caseapp.web.answers import page
from caseapp.web.navigation import landing
from caseapp.web.passwords import SignInForm
from caseapp.web.reading import outside_transaction
from caseapp.web.sessions import local_path, viewer
from caseapp.web.sessions import sign_in as begin_session
from caseapp.web.sessions import sign_out as end_session

WRONG = "That e-mail and password do not fit together, or the account is not in use."


@bp.get("/sign-in")
@public
def sign_in():
    if current_user.is_authenticated:
        return redirect(_onward() or landing(viewer()), 303)
    form = SignInForm()
    shown = demo_door.accounts()
    if request.args.get("as") in {account.email for account in shown.rows}:
        form.email.data = request.args["as"]
    return page("auth/sign_in.html", form=form, demo_door=shown, kept=None)


@bp.post("/sign-in")
@public
def sign_in_now():
    form = SignInForm()
    if form.validate_on_submit():
        user_id = _verified(form.email.data, form.password.data)
        if user_id is not None:
            begin_session(user_id)
            if text := kept.carried():
                return page("auth/kept.html", kept=text, landing=landing(viewer()))
            return redirect(_onward() or landing(viewer()), 303)
        form.reject(WRONG)
    return page("auth/sign_in.html", 422, form=form, demo_door=demo_door.accounts(), kept=kept.carried())


def _verified(email, password):
    """The id of the user whom these open; None for an unknown address, a wrong password or a disabled account, all
    in the same time and with the same trace."""
    account = reads.credentials(email)
    with outside_transaction():
        right = passwords.right(account and account.password_hash, password)
        new_hash = passwords.hashed(password) if right and passwords.outdated(account.password_hash) else None
    if not right or not accounts.still_holds(email, account):
        accounts.refused_sign_in(account, at=clock.now(), address=request.remote_addr or "")
        return None
    if new_hash:
        accounts.rehash(account, new_hash)
    return account.user_id


def _onward():
    """Where they were going, if that is a page of ours."""
    target = local_path(request.args.get("next"))
    return None if target is None or target.split("?")[0] == url_for("auth.sign_in") else target


@bp.post("/sign-out")
@public
def sign_out():
    end_session()
    response = make_response(redirect(url_for("auth.signed_out"), 303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/signed-out")
@public
def signed_out():
    if current_user.is_authenticated:
        return redirect(landing(viewer()), 303)
    return page("auth/signed_out.html", idle=current_app.config["SESSION_IDLE_SECONDS"] // 60)
