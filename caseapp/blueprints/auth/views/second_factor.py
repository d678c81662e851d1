"""The own second factor: an app that shows codes, recovery codes, turning it off. Security keys: keys.py."""

from flask import current_app, request, url_for
from markupsafe import Markup

from caseapp import clock
from caseapp.blueprints.auth import bp
from caseapp.blueprints.auth.forms import KeyForm
from caseapp.errors import RuleBroken
from caseapp.queries import security_keys
from caseapp.services import second_factor as acts
from caseapp.services import sessions, throttle
from caseapp.web import second_step
from caseapp.web.access import signed_in
from caseapp.web.answers import page, saved
from caseapp.web.navigation import landing
from caseapp.web.passwords import CodeForm
from caseapp.web.second_step import proven
from caseapp.web.sessions import local_path, viewer


@bp.get("/account/second-step")
@signed_in
@proven
def second_factor():
    return own_page()


@bp.post("/account/second-step")
@signed_in
@proven
def begin_second_factor():
    return own_page(CodeForm(formdata=None), setup=True)


@bp.post("/account/second-step/code")
@signed_in
@proven
def confirm_second_factor():
    """The app shows the right code: it is on, and the recovery codes are shown this once."""
    form, me, status = CodeForm(), viewer(), 422
    if form.validate_on_submit():
        begun = throttle.begin(throttle.factor_limits(me.user_id), at=clock.now())
        if isinstance(begun, throttle.Wait):
            status = 429
            form.reject("There were too many wrong codes. Wait a little, then try again.", "code")
        elif form.accepts(acts.confirm, form.code.data, actor=me, at=clock.now(), under=_key()):
            throttle.succeeded(begun)
            sessions.with_factor(me.token, "app")
            sessions.end_all(me.user_id, at=clock.now(), reason="second step turned on", but=me.token)
            if form.result:
                return page("auth/recovery_codes.html", codes=form.result)
            return saved(url_for("auth.second_factor"), say="The second step is on.")
    return own_page(form, setup=True, status=status)


@bp.post("/account/second-step/recovery-codes")
@signed_in
@proven
def renew_recovery_codes():
    try:
        codes = acts.renew_codes(actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("auth.second_factor"), say=str(broken))
    return page("auth/recovery_codes.html", codes=codes)


@bp.post("/account/second-step/app/removal")
@signed_in
@proven
def remove_app():
    """The telephone is another one, or none: keys stay."""
    me = viewer()
    acts.remove_app(actor=me, at=clock.now())
    if me.factor == "app":
        sessions.with_factor(me.token, "key" if acts.is_on(me.user_id) else "")
    sessions.end_all(me.user_id, at=clock.now(), reason="second step changed", but=me.token)
    return saved(url_for("auth.second_factor"), say="The app shows no codes for this account any more.")


@bp.post("/account/second-step/off")
@signed_in
@proven
def turn_second_factor_off():
    """Every other session ends: whoever turns it off may have lost more than a telephone."""
    me = viewer()
    acts.turn_off(me.user_id, actor=me, at=clock.now())
    sessions.with_factor(me.token, "")
    sessions.end_all(me.user_id, at=clock.now(), reason="second step turned off", but=me.token)
    return saved(
        url_for("auth.second_factor"),
        say="The second step is off. Your password alone opens your account now.",
    )


def own_page(form=None, setup=False, status=200, key_form=None):
    """The page of the own second step; with `setup`, that of an app that is being set up."""
    me = viewer()
    if setup and not acts.app_is_on(me.user_id):
        secret = acts.begin(actor=me, at=clock.now(), under=_key())
        return page(
            "auth/second_factor_app.html",
            status,
            form=form,
            secret=acts.in_groups(secret),
            picture=Markup(acts.picture(secret, me.email)),  # noqa: S704 - drawn by our own code
        )
    return page(
        "auth/second_factor.html",
        status,
        on=acts.is_on(me.user_id),
        app=acts.app_is_on(me.user_id),
        keys=security_keys.of(me.user_id),
        key_form=key_form or KeyForm(formdata=None),
        left=acts.recovery_codes_left(me.user_id),
        required=second_step.required(),
        from_day=second_step.needed_from(me.agency_id, me.roles),
        onward=local_path(request.args.get("next")) or landing(me),
        by_directory=me.factor == "directory",
    )


def _key():
    return current_app.config["SECRET_KEY"]
