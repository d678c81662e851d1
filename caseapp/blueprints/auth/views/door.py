"""Signing in and out."""

from flask import current_app, make_response, redirect, request, url_for
from flask_login import current_user

from caseapp import clock, dates
from caseapp.blueprints.auth import bp
from caseapp.queries import accounts as reads
from caseapp.services import accounts, passwords, second_factor, throttle
from caseapp.web import demo_door, kept, second_step
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page
from caseapp.web.navigation import landing
from caseapp.web.passwords import CodeForm, ProofForm, SignInForm
from caseapp.web.reading import outside_transaction
from caseapp.web.sessions import local_path, proved, viewer
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
    status = 422
    if form.validate_on_submit():
        begun = throttle.begin(
            throttle.sign_in_limits(reads.plain_email(form.email.data), request.remote_addr or ""),
            at=clock.now(),
        )
        if isinstance(begun, throttle.Wait):
            status = 429
            form.reject(too_many(begun))
        elif account := _verified(form.email.data, form.password.data):
            throttle.succeeded(begun)
            if account.two_steps:
                return _ask_for_code(account)
            begin_session(account.user_id)
            return _inside()
        else:
            form.reject(WRONG)
    return page("auth/sign_in.html", status, form=form, demo_door=demo_door.accounts(), kept=kept.carried())


def too_many(wait):
    """Why no try is made now, alike for addresses that have an account and for those that have none."""
    if wait.until is None:
        return (
            "There were a hundred wrong passwords in a row for this address. Choose a new one: "
            "“I forgot my password” sends you a link."
        )
    return f"There were too many wrong tries. The next one counts from {dates.hour(wait.until)} on; until then nothing is looked at."


def _inside():
    """Signed in: on to where they were going, or back to the text that was typed."""
    if text := kept.carried():
        return page("auth/kept.html", kept=text, landing=landing(viewer()))
    return redirect(_onward() or landing(viewer()), 303)


# --- the second step ------------------------------------------------------------------------------------------


def _ask_for_code(account):
    second_step.remember(account)
    if text := kept.carried():  # only a page can carry it on
        return page("auth/second.html", form=CodeForm(formdata=None), kept=text)
    return redirect(url_for("auth.second", next=request.args.get("next")), 303)


@bp.get("/sign-in/code")
@public
def second():
    if current_user.is_authenticated:
        return redirect(_onward() or landing(viewer()), 303)
    if second_step.halfway() is None:
        return redirect(url_for("auth.sign_in", next=request.args.get("next")), 303)
    return page("auth/second.html", form=CodeForm(), kept=None)


@bp.post("/sign-in/code")
@public
def second_now():
    """A wrong code says no more than that; five of them wait, and each code counts once."""
    account = second_step.halfway()
    if account is None:
        return redirect(url_for("auth.sign_in", next=request.args.get("next")), 303)
    form, status = CodeForm(), 422
    if form.validate_on_submit():
        begun = throttle.begin(throttle.factor_limits(account.user_id), at=clock.now())
        if isinstance(begun, throttle.Wait):
            status = 429
            form.reject(too_many(begun))
        elif factor := second_factor.verified(
            account.user_id, form.code.data, at=clock.now(), under=current_app.config["SECRET_KEY"]
        ):
            throttle.succeeded(begun)
            begin_session(account.user_id, factor)
            return _inside()
        else:
            accounts.refused_sign_in(account, at=clock.now(), address=request.remote_addr or "")
            form.reject("That code does not count: it is wrong, over, or was used before.", "code")
    return page("auth/second.html", status, form=form, kept=kept.carried())


# --- once more, before something dangerous ----------------------------------------------------------------------


@bp.get("/prove")
@signed_in
def prove():
    return page("auth/prove.html", form=ProofForm(), later=second_step.Later(to=_onward() or ""))


@bp.post("/prove")
@signed_in
def prove_now():
    """The password once more; then on to the page, or to the form that was about to be sent."""
    me, form, status = viewer(), ProofForm(), 422
    if form.validate_on_submit():
        begun = throttle.begin(throttle.proof_limits(me.user_id), at=clock.now())
        if isinstance(begun, throttle.Wait):
            status = 429
            form.reject(too_many(begun), "password")
        else:
            stored = reads.own(viewer=me).password_hash
            with outside_transaction():
                right = passwords.right(stored, form.password.data)
            if right and reads.own(viewer=me).password_hash == stored:
                throttle.succeeded(begun)
                proved()
                if text := kept.carried():
                    return page("auth/kept.html", kept=text, landing=landing(me), proved=True)
                return redirect(_onward() or landing(me), 303)
            form.reject("This is not your password", "password")
    later = second_step.Later(to=_onward() or "", text=kept.carried())
    return page("auth/prove.html", status, form=form, later=later)


def _verified(email, password):
    """The account that these open; None for an unknown address, a wrong password or an account that is switched off
    or locked, all in the same time and with the same trace."""
    account = reads.credentials(email)
    with outside_transaction():
        right = passwords.right(account and account.password_hash, password)
        new_hash = passwords.hashed(password) if right and passwords.outdated(account.password_hash) else None
    if not right or not accounts.still_holds(email, account):
        accounts.refused_sign_in(account, at=clock.now(), address=request.remote_addr or "")
        return None
    if new_hash:
        accounts.rehash(account, new_hash)
        account = reads.credentials(email)
    return account


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
