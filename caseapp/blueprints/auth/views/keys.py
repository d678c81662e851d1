"""The own security keys and passkeys: added by a script, named, removed."""

from flask import make_response, url_for

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.blueprints.auth.forms import KeyForm, KeyNameForm
from caseapp.blueprints.auth.views.second_factor import own_page
from caseapp.errors import NotVisible, RuleBroken
from caseapp.queries import security_keys as reads
from caseapp.services import second_factor, security_keys, sessions
from caseapp.web import second_step
from caseapp.web.access import signed_in
from caseapp.web.answers import page, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.post("/account/keys/question")
@signed_in
@proven
def ask_new_key():
    """What the script hands to a new key."""
    me = viewer()
    try:
        text = security_keys.ask_new(second_step.site(), actor=me, at=clock.now(), asked_of=me.token)
    except RuleBroken as broken:
        return {"say": str(broken)}, 422
    response = make_response(text)
    response.mimetype = "application/json"
    return response


@bp.post("/account/keys")
@signed_in
@proven
def add_key():
    """The key answered: it counts from now on. With the first second factor come the recovery codes, shown this once."""
    form, me = KeyForm(), viewer()
    if form.validate_on_submit() and not form.answer.data:
        form.reject(
            "No key has answered. Press “Add this key”, then touch the key or follow what your browser says."
        )
    elif form.validate_on_submit() and form.accepts(
        security_keys.add,
        form.name.data,
        form.answer.data,
        second_step.site(),
        actor=me,
        at=clock.now(),
        asked_of=me.token,
    ):
        sessions.with_factor(me.token, me.factor or "key")
        if form.result:
            sessions.end_all(me.user_id, at=clock.now(), reason="second step turned on", but=me.token)
            return page("auth/recovery_codes.html", codes=form.result)
        return saved(url_for("auth.second_factor"), say="The key is added.")
    return own_page(key_form=form, status=422)


@bp.get("/account/keys/<id:key_id>")
@signed_in
@proven
def key(key_id):
    return _page(_known(key_id))


@bp.post("/account/keys/<id:key_id>")
@signed_in
@proven
def rename_key(key_id):
    found, form = _known(key_id), KeyNameForm()
    if form.validate_on_submit() and form.accepts(
        security_keys.rename, key_id, form.name.data, actor=viewer()
    ):
        return saved(url_for("auth.second_factor"), say="Saved.")
    return _page(found, form, 422)


@bp.post("/account/keys/<id:key_id>/removal")
@signed_in
@proven
def remove_key(key_id):
    """Every other session ends: whoever removes a key may have lost it."""
    me = viewer()
    security_keys.remove(key_id, actor=me, at=clock.now())
    on = second_factor.is_on(me.user_id)
    if not on and me.factor != "directory":
        sessions.with_factor(me.token, "")
    sessions.end_all(me.user_id, at=clock.now(), reason="a security key removed", but=me.token)
    say = "The key is removed. You were signed out everywhere else."
    return saved(url_for("auth.second_factor"), say=say if on else say + " The second step is off now.")


def _known(key_id):
    found = reads.one(key_id, viewer().user_id)
    if found is None:
        raise NotVisible
    return found


def _page(found, form=None, status=200):
    form = form or KeyNameForm(formdata=None, name=found.name)
    last = reads.count(viewer().user_id) == 1 and not second_factor.app_is_on(viewer().user_id)
    return page("auth/key.html", status, key=found, form=form, last=last)
