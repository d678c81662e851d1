"""Somebody's way in: sessions, second step, a locked account, another address; and the list for the yearly review."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.staff import bp
from caseapp.blueprints.staff.views.changes import sent, touchable
from caseapp.errors import RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import staff as reads
from caseapp.services import account_access, directory_accounts, email_changes
from caseapp.web.access import allowed
from caseapp.web.answers import page, saved
from caseapp.web.forms import Form
from caseapp.web.links import link_to
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.post("/<id:user_id>/sessions/end")
@allowed(Do.MANAGE_STAFF)
@proven
def end_sessions(user_id):
    member = touchable(user_id)
    count = account_access.end_sessions(user_id, actor=viewer(), at=clock.now())
    return _back(
        user_id, f"{member.name} is signed out everywhere." if count else f"{member.name} was not signed in."
    )


@bp.post("/<id:user_id>/second-step/off")
@allowed(Do.MANAGE_STAFF)
@proven
def turn_second_step_off(user_id):
    member = touchable(user_id)
    return _done(
        account_access.turn_second_step_off,
        user_id,
        f"{member.name} signs in with the password alone now, and was told by mail.",
    )


@bp.post("/<id:user_id>/directory/end")
@allowed(Do.MANAGE_STAFF)
@proven
def disconnect(user_id):
    member = touchable(user_id)
    return _done(
        directory_accounts.disconnect,
        user_id,
        f"{member.name} no longer comes through the directory, and was told by mail.",
    )


@bp.post("/<id:user_id>/unlock")
@allowed(Do.MANAGE_STAFF)
@proven
def unlock(user_id):
    member, form = touchable(user_id), Form()
    if form.validate_on_submit() and form.accepts(
        account_access.unlock, user_id, actor=viewer(), at=clock.now(), link_to=link_to
    ):
        return sent(form, member.email)
    return _back(user_id, "; ".join(form.form_errors) or "Nothing was changed.")


@bp.post("/<id:user_id>/e-mail")
@allowed(Do.MANAGE_STAFF)
@proven
def take_email(user_id):
    """The second person: never the one who asked."""
    member = touchable(user_id)
    return _done(email_changes.take, user_id, f"{member.name} signs in with the new address from now on.")


@bp.post("/<id:user_id>/e-mail/refusal")
@allowed(Do.MANAGE_STAFF)
def refuse_email(user_id):
    touchable(user_id)
    return _done(email_changes.turn_down, user_id, "The address stays as it is.")


@bp.get("/access-list")
@allowed(Do.MANAGE_STAFF)
def access_list():
    """Everybody who can get in, and how: to be printed, gone through and signed once a year."""
    me = viewer()
    everybody = reads.staff(viewer=me)
    return page(
        "staff/access_list.html",
        people=[one for one in everybody if one.state != "off"],
        off=sum(one.state == "off" for one in everybody),
        parts=reads.open_parts(me.agency_id),
        last=reads.last_review(me.agency_id),
        now=clock.now(),
    )


@bp.post("/access-list")
@allowed(Do.MANAGE_STAFF)
def review_access_list():
    me = viewer()
    many = sum(one.state != "off" for one in reads.staff(viewer=me))
    account_access.reviewed(actor=me, at=clock.now(), accounts=many)
    return saved(url_for("staff.access_list"), say="Noted, with your name and today’s date.")


def _done(act, user_id, say):
    try:
        act(user_id, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        say = str(broken)
    return _back(user_id, say)


def _back(user_id, say):
    return saved(url_for("staff.show", user_id=user_id), say=say)
