"""To an agency's directory and back: signing in, connecting an account, proving once more who sits here.

The way there is a link, as a form may post to this site only. The way back shows a page with one button, which a script
presses: a GET changes nothing here."""

from flask import current_app, redirect, request, url_for
from flask_login import current_user

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.blueprints.auth.views.door import inside
from caseapp.errors import NotVisible, RuleBroken
from caseapp.queries import accounts as account_reads
from caseapp.queries import agency_sign_in as reads
from caseapp.services import accounts, challenges, directories, directory_accounts
from caseapp.web import directories as web
from caseapp.web import second_step
from caseapp.web.access import public, signed_in
from caseapp.web.answers import page, saved
from caseapp.web.forms import Form
from caseapp.web.navigation import landing
from caseapp.web.second_step import proven
from caseapp.web.sessions import local_path, proved, viewer
from caseapp.web.sessions import sign_in as begin_session
from caseapp.web.transactions import outside_transaction

NOT_USED = "not connected"


@bp.get("/sign-in/with/<key>")
@public
def to_directory(key):
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")) or landing(viewer()), 303)
    directory = next((one for one in web.offered() if one.key == key), None)
    return _leave(directory, web.SIGN_IN, onward=local_path(request.args.get("next")) or "")


@bp.get("/password/<token>/directory")
@public
def connect_by_link(token):
    """Whoever was mailed a link connects their directory account with it, instead of choosing a password."""
    link = account_reads.link(token, at=clock.now())
    if link is None:
        return page("auth/link_gone.html", 410)
    directory = web.of_agency(reads.of(account_reads.credentials_of(link.user_id).agency_id))
    return _leave(directory, web.BY_LINK, user_id=link.user_id, link=token, afresh=True)


@bp.get("/account/directory")
@signed_in
@proven
def connect():
    me = viewer()
    directory = web.of_agency(reads.of(me.agency_id))
    return _leave(directory, web.CONNECT, user_id=me.user_id, afresh=True)


@bp.get("/prove/directory")
@signed_in
def prove_with_directory():
    me = viewer()
    directory = web.of_agency(reads.of(me.agency_id))
    onward = local_path(request.args.get("next")) or ""
    return _leave(directory, web.PROVE, onward=onward, user_id=me.user_id, afresh=True)


@bp.post("/account/directory/end")
@signed_in
@proven
def disconnect():
    me = viewer()
    if reads.of(me.agency_id).passwords and account_reads.own(viewer=me).password_hash is None:
        say = "You have no password yet. Ask for a link for one first, or nothing would open your account."
        return saved(url_for("auth.account"), say=say)
    try:
        directory_accounts.disconnect(me.user_id, actor=me, at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("auth.account"), say=str(broken))
    return saved(url_for("auth.account"), say="Your directory account no longer signs you in.")


def _leave(directory, purpose, **about):
    if directory is None:
        raise NotVisible
    try:
        return redirect(web.leave(directory, purpose, **about), 303)
    except directories.Unreachable as why:
        _note(directory, why)
        return _failed(directory, "down", 503)


# --- and back -------------------------------------------------------------------------------------------------------


@bp.get("/sign-in/with/<key>/back")
@public
def back_from_directory(key):
    directory = _known(key)
    if "error" in request.args:
        return _failed(directory, "refused", 200)
    given = {name: request.args[name] for name in ("state", "code", "iss") if request.args.get(name)}
    if not {"state", "code"} <= set(given) or any(len(one) > 4000 for one in given.values()):
        return _failed(directory, "astray", 400)
    return page("auth/back.html", directory=directory, given=given, form=Form(formdata=None))


@bp.post("/sign-in/with/<key>/back")
@public
def back_from_directory_now(key):
    """The code is exchanged and the token judged; then what the browser had gone for is done."""
    directory = _known(key)
    away = web.returned(directory, request.form.get("state", ""))
    if away is None or not challenges.spend(away.trip.state, at=clock.now()):
        return _failed(directory, "astray", 400)
    try:
        with outside_transaction():
            found = directories.finish(
                directory,
                away.trip,
                code=request.form.get("code", "")[:4000],
                issuer=request.form.get("iss"),
                back=web.back(directory),
                at=clock.now(),
            )
    except directories.Unreachable as why:
        _note(directory, why)
        return _failed(directory, "down", 503)
    except directories.Refused as why:
        _note(directory, why)
        return _failed(directory, "astray", 400)
    return _DONE[away.purpose](directory, away, found)


def _signed_in(directory, away, found):
    account = reads.owner(found.issuer, found.subject)
    way = account and reads.of(account.agency_id)
    if account is None or not account.live or way.directory != directory.key:
        accounts.refused_sign_in(account or None, at=clock.now(), address=request.remote_addr or "")
        return _failed(directory, "nobody", 403)
    afresh = _gave_it_just_now(directory, away, found)
    if afresh is False and directory.afresh:
        return _failed(directory, "not afresh", 403)
    directory_accounts.used(found, at=clock.now())
    if found.stepped and way.directory_step_counts:
        begin_session(account.user_id, "directory", directory.key, proved=bool(afresh))
        return inside(away.onward)
    if account.two_steps:
        second_step.remember(account, via=directory.key)
        return redirect(url_for("auth.second", next=away.onward or None), 303)
    begin_session(account.user_id, "", directory.key, proved=bool(afresh))
    return inside(away.onward)


def _gave_it_just_now(directory, away, found):
    """Whether the directory asked for its own password on this very trip; None where it does not say."""
    if found.proved_at is None:
        return None
    return found.proved_at >= away.trip.begun - directory.skew


def _connected(directory, away, found):
    if not current_user.is_authenticated or viewer().user_id != away.user_id:
        return _failed(directory, "astray", 400)
    try:
        directory_accounts.connect(found, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("auth.account"), say=str(broken))
    return saved(url_for("auth.account"), say=f"{directory.label} signs you in from now on.")


def _connected_by_link(directory, away, found):
    """A link signs nobody in: it only makes the way in."""
    try:
        done = directory_accounts.connect_by_link(
            away.link, found, at=clock.now(), address=request.remote_addr or ""
        )
    except RuleBroken:
        return _failed(directory, "taken", 409)
    if not done:
        return page("auth/link_gone.html", 410)
    return page("auth/directory_connected.html", directory=directory)


def _proved(directory, away, found):
    """Only for the very account that is signed in, and only if its password was given after it was asked for."""
    me = viewer() if current_user.is_authenticated else None
    owner = reads.owner(found.issuer, found.subject)
    if me is None or owner is None or owner.user_id != me.user_id or me.user_id != away.user_id:
        return _failed(directory, "another", 403)
    if not _gave_it_just_now(directory, away, found):
        return _failed(directory, "not afresh", 403)
    proved()
    if not away.onward:
        return page("auth/proved.html")
    return redirect(away.onward, 303)


_DONE = {
    web.SIGN_IN: _signed_in,
    web.CONNECT: _connected,
    web.BY_LINK: _connected_by_link,
    web.PROVE: _proved,
}


def _known(key):
    directory = web.all_of_them().get(key)
    if directory is None:
        raise NotVisible
    return directory


def _failed(directory, why, status):
    return page("auth/directory_failed.html", status, directory=directory, why=why)


def _note(directory, why):
    """For the operator: which directory, and what was wrong, without anything that it said."""
    current_app.logger.warning("directory %s: %s", directory.key, why)
