"""Who may use emergency access: kept by the agency's administrator."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.emergency import bp
from caseapp.blueprints.emergency.forms import RightForm, TakeForm
from caseapp.policy.do import Do
from caseapp.queries import emergency_rights
from caseapp.services import emergency
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


def _page(form=None, take=None) -> dict:
    holders = emergency_rights.holders(viewer=viewer())
    form = form or RightForm(formdata=None)
    form.user_id.offer(
        [(one.user_id, one.name) for one in holders if not one.given_at and one.user_id != viewer().user_id],
        "Choose a member of staff",
    )
    return {
        "form": form,
        "take": take or TakeForm(formdata=None),
        "holders": [one for one in holders if one.given_at],
        "past": emergency_rights.past_holders(viewer=viewer()),
    }


@bp.get("/rights")
@allowed(Do.GIVE_EMERGENCY_RIGHT)
def rights():
    return page("emergency/rights.html", **_page())


@bp.post("/rights")
@allowed(Do.GIVE_EMERGENCY_RIGHT)
@proven
def give_right():
    form = RightForm()
    if form.validate_on_submit() and form.accepts(
        emergency.give_right,
        actor=viewer(),
        at=clock.now(),
        user_id=form.user_id.data,
        reason=form.reason.data,
    ):
        return saved(
            url_for("emergency.rights"), say="Written down. They may use emergency access from now on."
        )
    return refused("emergency/rights.html", **_page(form))


@bp.post("/rights/end")
@allowed(Do.GIVE_EMERGENCY_RIGHT)
@proven
def take_right():
    form = TakeForm()
    if form.validate_on_submit() and form.accepts(
        emergency.take_right, actor=viewer(), at=clock.now(), user_id=form.user_id.data
    ):
        return saved(url_for("emergency.rights"), say="Taken back. What they had open is closed with it.")
    return refused("emergency/rights.html", **_page(take=form))
