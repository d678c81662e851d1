"""The own account: details, password, and where one is signed in."""

from datetime import timedelta

from flask import current_app, url_for

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.blueprints.auth.forms import ChangePasswordForm, OwnDetailsForm
from caseapp.errors import RuleBroken
from caseapp.queries import accounts as reads
from caseapp.queries import agency_sign_in, email_changes
from caseapp.services import accounts, passwords, second_factor, sessions
from caseapp.services import email_changes as changes
from caseapp.web import directories
from caseapp.web.access import signed_in
from caseapp.web.answers import page, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import sign_in, viewer
from caseapp.web.transactions import outside_transaction


@bp.get("/account")
@signed_in
def account():
    return _page()


@bp.post("/account/details")
@signed_in
def save_details():
    form = OwnDetailsForm()
    if form.validate_on_submit() and form.accepts(
        accounts.update_own,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        name=form.name.data,
        profession=form.profession.data or "",
        phone=form.phone.data or "",
        hours=form.hours.data or "",
        digest=form.digest.data,
    ):
        return saved(url_for("auth.account"), say="Saved.")
    if form.stale:
        form.version.data = str(form.stale.version or reads.own(viewer=viewer()).version)
    return _page(details=form, status=409 if form.stale else 422)


@bp.post("/account/password")
@signed_in
def change_password():
    """Every session ends with the old password; this browser gets a new one."""
    form = ChangePasswordForm()
    if form.validate_on_submit() and _changed(form):
        sign_in(viewer().user_id, viewer().factor, viewer().via)
        return saved(
            url_for("auth.account"), say="Your password is changed. You were signed out everywhere else."
        )
    return _page(password=form, status=422)


def _changed(form):
    me = viewer()
    own = reads.own(viewer=me)
    fault = passwords.fault(
        form.new.data,
        about=(own.name, own.agency_name, own.email),
        breached=current_app.config["BREACH_LIST"],
    )
    with outside_transaction():
        right = passwords.right(own.password_hash, form.old.data)
        new_hash = passwords.hashed(form.new.data) if right and not fault else ""
    if not right:
        form.reject("This is not the password you have now", "old")
    elif fault:
        form.reject(fault, "new")
    elif form.new.data == form.old.data:
        form.reject("This is the password you have now. Choose another", "new")
    else:
        try:
            accounts.change_password(actor=me, at=clock.now(), old_hash=own.password_hash, new_hash=new_hash)
        except RuleBroken as broken:
            form.reject(str(broken))
        else:
            return True
    return False


@bp.post("/account/sessions/end-others")
@signed_in
def end_other_sessions():
    count = sessions.end_all(
        viewer().user_id, at=clock.now(), reason="ended from another session", but=viewer().token
    )
    return saved(
        url_for("auth.account"),
        say="You were signed out everywhere else." if count else "You were signed in nowhere else.",
    )


@bp.post("/account/e-mail")
@signed_in
@proven
def take_email():
    """Agreeing to the address that an administrator asked for ends every session, this one too."""
    try:
        changes.take(viewer().user_id, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("auth.account"), say=str(broken))
    return saved(url_for("auth.sign_in"), say="Sign in with the new address.")


@bp.post("/account/e-mail/refusal")
@signed_in
def refuse_email():
    try:
        changes.turn_down(viewer().user_id, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("auth.account"), say=str(broken))
    return saved(url_for("auth.account"), say="Refused. Your address stays as it is.")


@bp.post("/account/sessions/<session_key>/end")
@signed_in
def end_session(session_key):
    """One of the own sessions; this one too, which is signing out."""
    ended = sessions.end_one(session_key, actor=viewer(), at=clock.now())
    return saved(url_for("auth.account"), say="That session has ended." if ended else "It had ended already.")


def _page(details=None, password=None, status=200):
    now = clock.now()
    own = reads.own(viewer=viewer())
    way = agency_sign_in.of(viewer().agency_id)
    if details is None:
        details = OwnDetailsForm(
            formdata=None,
            version=own.version,
            name=own.name,
            profession=own.profession,
            phone=own.phone,
            hours=own.hours,
            digest=own.digest,
        )
    open_now = reads.own_sessions(
        viewer=viewer(),
        now=now,
        idle_since=now - timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"]),
        here=sessions.digest(viewer().token),
    )
    return page(
        "auth/account.html",
        status,
        own=own,
        details=details,
        password=password or ChangePasswordForm(formdata=None),
        sessions=open_now,
        least=passwords.LEAST,
        two_steps=second_factor.is_on(viewer().user_id),
        codes_left=second_factor.recovery_codes_left(viewer().user_id),
        password_counts=own.password_hash and agency_sign_in.password_opens(own.roles, way),
        directory=directories.of_agency(way),
        connected=agency_sign_in.connected(viewer().user_id),
        change=email_changes.waiting(viewer().user_id),
    )
