"""Signing in and out."""

from flask import current_app, make_response, redirect, request, url_for
from flask_login import current_user

from caseapp import clock, dates
from caseapp.blueprints.auth import bp
from caseapp.queries import accounts as reads
from caseapp.queries import agency_sign_in
from caseapp.services import (
    accounts,
    challenges,
    passwords,
    second_factor,
    security_keys,
    throttle,
)
from caseapp.services.agency_sign_in import glass_broken
from caseapp.web import demo_door, directories, kept, second_step
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page
from caseapp.web.navigation import landing
from caseapp.web.passwords import CodeForm, ProofForm, SignInForm
from caseapp.web.sessions import local_path, proved, viewer
from caseapp.web.sessions import sign_in as begin_session
from caseapp.web.sessions import sign_out as end_session
from caseapp.web.transactions import outside_transaction

WRONG = "That e-mail and password do not fit together, or the account is not in use."
THROUGH_DIRECTORY = "Your agency signs in with {label}, not with a password: use the button for it."
NO_SECOND_STEP = (
    "Your agency signs in through its directory. An administrator's password counts only together with a second step, "
    "and this account has none."
)


@bp.get("/sign-in")
@public
def sign_in():
    if current_user.is_authenticated:
        return redirect(_onward() or landing(viewer()), 303)
    form = SignInForm()
    shown = demo_door.accounts()
    if request.args.get("as") in {account.email for account in shown.rows}:
        form.email.data = request.args["as"]
    return _door(form, shown=shown)


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
            if why_not := _past_the_directory(account):
                form.reject(why_not)
            elif account.two_steps:
                return _ask_for_code(account)
            else:
                begin_session(account.user_id)
                return inside()
        else:
            form.reject(WRONG)
    return _door(form, status, kept_text=kept.carried())


def _door(form, status=200, *, shown=None, kept_text=None):
    return page(
        "auth/sign_in.html",
        status,
        form=form,
        demo_door=shown or demo_door.accounts(),
        kept=kept_text,
        directories=directories.offered(),
    )


def _past_the_directory(account):
    """Why the right password does not open: the agency has none. Administrators keep theirs, with a second step, for the
    day on which the directory is down."""
    way = agency_sign_in.of(account.agency_id)
    if way.passwords:
        return ""
    if not agency_sign_in.password_opens(agency_sign_in.roles_of(account.user_id), way):
        directory = directories.of_agency(way)
        return THROUGH_DIRECTORY.format(label=directory.label if directory else "its directory")
    return "" if account.two_steps else NO_SECOND_STEP


def too_many(wait):
    """Why no try is made now, alike for addresses that have an account and for those that have none."""
    if wait.until is None:
        return (
            "There were a hundred wrong passwords in a row for this address. Choose a new one: "
            "“I forgot my password” sends you a link."
        )
    return f"There were too many wrong tries. The next one counts from {dates.hour(wait.until)} on; until then nothing is looked at."


def inside(onward: str | None = None):
    """Signed in: on to where they were going, or back to the text that was typed. Whoever will need a second step is led
    to it once, with the way on."""
    me = viewer()
    if text := kept.carried():
        return page("auth/kept.html", kept=text, landing=landing(me))
    onward = onward or _onward() or landing(me)
    if not me.factor and second_step.needed_from(me.agency_id, me.roles):
        return redirect(url_for("auth.second_factor", next=onward), 303)
    return redirect(onward, 303)


@bp.post("/sign-in/text")
@public
def go_on_with_text():
    """Signed in elsewhere meanwhile (a directory, in another tab): back to the text that this page has kept. It changes
    nothing, and shows only what the browser has just sent."""
    text = kept.carried()
    if current_user.is_authenticated and text:
        return page("auth/kept.html", kept=text, landing=landing(viewer()))
    form = SignInForm(formdata=None)
    form.reject("You are not signed in yet. Sign in in the other tab, or here with your password.")
    return _door(form, 422, kept_text=text)


# --- the second step ------------------------------------------------------------------------------------------


def _ask_for_code(account):
    second_step.remember(account)
    if text := kept.carried():  # only a page can carry it on
        return _second_page(CodeForm(formdata=None), account, kept_text=text)
    return redirect(url_for("auth.second", next=request.args.get("next")), 303)


@bp.get("/sign-in/code")
@public
def second():
    if current_user.is_authenticated:
        return redirect(_onward() or landing(viewer()), 303)
    account = second_step.halfway()
    if account is None:
        return redirect(url_for("auth.sign_in", next=request.args.get("next")), 303)
    return _second_page(CodeForm(), account)


def _second_page(form, account, status=200, kept_text=None):
    return page("auth/second.html", status, form=form, kept=kept_text, account=account)


@bp.post("/sign-in/key")
@public
def ask_key():
    """What the script hands to a security key of whoever is halfway in."""
    account = second_step.halfway()
    if account is None or not account.keys:
        return {"begin": "again"}, 401
    return _json(
        security_keys.ask(
            account.user_id,
            challenges.SIGN_IN,
            second_step.site(),
            at=clock.now(),
            asked_of=second_step.note(),
        )
    )


def _json(text):
    response = make_response(text)
    response.mimetype = "application/json"
    return response


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
        elif factor := _second_step_taken(account, form):
            throttle.succeeded(begun)
            return _in_with(account, factor)
        else:
            accounts.refused_sign_in(account, at=clock.now(), address=request.remote_addr or "")
            if form.answer.data:
                form.reject("That key does not count: it is not one of yours, or the question was too old.")
            else:
                form.reject("That code does not count: it is wrong, over, or was used before.", "code")
    return _second_page(form, account, status, kept.carried())


def _second_step_taken(account, form):
    """Which second factor was shown; "" where none was."""
    if not form.answer.data:
        return second_factor.verified(
            account.user_id, form.code.data, at=clock.now(), under=current_app.config["SECRET_KEY"]
        )
    right = security_keys.used(
        account.user_id,
        challenges.SIGN_IN,
        form.answer.data,
        second_step.site(),
        at=clock.now(),
        asked_of=second_step.note(),
    )
    return "key" if right else ""


def _in_with(account, factor):
    via = second_step.came_via()
    begin_session(account.user_id, factor, via)
    if not via and not agency_sign_in.of(account.agency_id).passwords:
        glass_broken(account.user_id, at=clock.now())
    return inside()


# --- once more, before something dangerous ----------------------------------------------------------------------


@bp.get("/prove")
@signed_in
def prove():
    return _ask_for_proof(ProofForm(), second_step.Later(to=_onward() or ""))


def _ask_for_proof(form, later, status=200):
    return page("auth/prove.html", status, form=form, later=later, **second_step.ways_to_prove())


@bp.post("/prove/key")
@signed_in
def ask_key_to_prove():
    """What the script hands to a security key of whoever is signed in, to stand for the password."""
    me = viewer()
    if not reads.credentials_of(me.user_id).keys:
        return {"begin": "again"}, 401
    return _json(
        security_keys.ask(me.user_id, challenges.PROVE, second_step.site(), at=clock.now(), asked_of=me.token)
    )


@bp.post("/prove")
@signed_in
def prove_now():
    """The password once more, or a security key; then on to the page, or to the form that was about to be sent. Whoever has
    proved it meanwhile (through a directory, in another tab) goes on at once."""
    me, form, status = viewer(), ProofForm(), 422
    if request.form.get("meanwhile") and second_step.just_proved():
        return _proved(me)
    if form.validate_on_submit():
        begun = throttle.begin(throttle.proof_limits(me.user_id), at=clock.now())
        if isinstance(begun, throttle.Wait):
            status = 429
            form.reject(too_many(begun), "password")
        elif form.answer.data:
            if security_keys.used(
                me.user_id,
                challenges.PROVE,
                form.answer.data,
                second_step.site(),
                at=clock.now(),
                asked_of=me.token,
            ):
                throttle.succeeded(begun)
                proved()
                return _proved(me)
            form.reject(
                "That key does not count here: it must be one of yours, and ask for its PIN or your finger."
            )
        else:
            stored = reads.own(viewer=me).password_hash
            with outside_transaction():
                right = passwords.right(stored, form.password.data)
            if right and reads.own(viewer=me).password_hash == stored:
                throttle.succeeded(begun)
                proved()
                return _proved(me)
            form.reject("This is not your password", "password")
    later = second_step.Later(to=_onward() or "", text=kept.carried())
    return _ask_for_proof(form, later, status)


def _proved(me):
    if text := kept.carried():
        return page("auth/kept.html", kept=text, landing=landing(me), proved=True)
    return redirect(_onward() or landing(me), 303)


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
