"""What is done about a disclosure after it was recorded: acknowledged, corrected by addition, kept from the person's copy
or shown in it, and the person told."""

from flask import url_for

from caseapp import clock, disclosure_grounds
from caseapp.blueprints.restricted import bp
from caseapp.blueprints.restricted.forms import DisclosureForm, SeenForm, TellForm, WithholdForm
from caseapp.blueprints.restricted.views.made import note, shown
from caseapp.policy.do import Do
from caseapp.queries import disclosures_made as reads
from caseapp.services import disclosures
from caseapp.services.disclosures import Made
from caseapp.web import links
from caseapp.web.access import on_disclosure
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


def _back(disclosure_id):
    return url_for("restricted.disclosure", disclosure_id=disclosure_id)


def _refused(disclosure, form, name):
    note(disclosure)
    form.catch_up()
    return refused("restricted/disclosure.html", form=form, **shown(disclosure, **{name: form}))


@bp.post("/disclosures/<id:disclosure_id>/acknowledgement")
@on_disclosure(Do.ACKNOWLEDGE_DISCLOSURE)
@proven
def acknowledge(disclosure):
    form = SeenForm(prefix="seen-")
    if form.validate_on_submit() and form.accepts(
        disclosures.acknowledge, disclosure, actor=viewer(), at=clock.now(), note=form.note.data
    ):
        return saved(_back(disclosure.id), say="Acknowledged.")
    return _refused(disclosure, form, "seen")


@bp.post("/disclosures/<id:disclosure_id>/copy")
@on_disclosure(Do.WITHHOLD_DISCLOSURE)
@proven
def withhold(disclosure):
    form = WithholdForm(prefix="copy-")
    if form.validate_on_submit() and form.accepts(
        disclosures.withhold,
        disclosure,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        keep=form.keep.data == "yes",
        reason=form.withheld_reason.data,
        until=form.withheld_until.data,
    ):
        return saved(_back(disclosure.id), say="Saved.")
    return _refused(disclosure, form, "withhold")


@bp.post("/disclosures/<id:disclosure_id>/telling")
@on_disclosure(Do.TELL_OF_DISCLOSURE)
@proven
def tell(disclosure):
    form = TellForm(prefix="tell-")
    if form.validate_on_submit() and form.accepts(
        disclosures.told, disclosure, actor=viewer(), at=clock.now(), on=form.on.data, how=form.how.data
    ):
        return saved(_back(disclosure.id), say="Saved.")
    return _refused(disclosure, form, "tell")


def _correction(disclosure, form, one):
    ground = disclosure_grounds.load().get(one.ground)
    jurisdiction = ground.jurisdiction if ground else disclosures.jurisdiction(None, viewer=viewer())
    note(disclosure)
    return {
        "form": form,
        "hints": form.offer(jurisdiction),
        "corrects": one,
        "name": one.person or "somebody you no longer see",
        "first": "The person",
        "leads": one.in_section,
        "action": url_for("restricted.correct_disclosure", disclosure_id=one.id),
        "back": _back(one.id),
        "back_words": "The disclosure",
    }


@bp.get("/disclosures/<id:disclosure_id>/correction")
@on_disclosure(Do.CORRECT_DISCLOSURE)
@proven
def new_correction_of_disclosure(disclosure):
    one = reads.whole(disclosure, viewer=viewer())
    names = (
        *("ground", "ground_note", "child_protection", "recipient_name", "recipient_office"),
        *("their_reference", "text", "told_on", "not_told_reason", "decided_by"),
        *("withheld_reason", "withheld_until"),
    )
    data = {name: getattr(one, name) for name in names} | {
        "categories": list(one.category_keys),
        "day": clock.local_day(one.disclosed_at),
        "hour": clock.local(one.disclosed_at).strftime("%H:%M"),
        "how": one.how.value,
        "told": one.told.value,
        "withheld": one.withheld_until is not None,
    }
    form = DisclosureForm(formdata=None, data=data)
    return page("restricted/disclose.html", **_correction(disclosure, form, one))


@bp.post("/disclosures/<id:disclosure_id>/correction")
@on_disclosure(Do.CORRECT_DISCLOSURE)
@proven
def correct_disclosure(disclosure):
    one, form = reads.whole(disclosure, viewer=viewer()), DisclosureForm()
    context = _correction(disclosure, form, one)
    if form.validate_on_submit() and form.accepts(_correct, form, disclosure, actor=viewer(), at=clock.now()):
        return saved(_back(form.result_id), say="Added. The first stays as it was.")
    return refused("restricted/disclose.html", **context)


def _correct(form, disclosure, *, actor, at):
    link = links.page_link("restricted.disclosures")
    return disclosures.correct(disclosure, Made(**form.said(at)), actor=actor, at=at, link=link)
