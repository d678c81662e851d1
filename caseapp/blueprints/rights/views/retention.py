"""How long records are kept: what is due, the decision, holds, and what is left of a disposal (X-9)."""

from flask import abort, request, url_for

from caseapp import clock, dates
from caseapp.blueprints.rights import bp
from caseapp.blueprints.rights.forms import HoldForm, KeepForm, LiftForm, WithVersion
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import retention as reads
from caseapp.queries.plan_text import first_name
from caseapp.queries.rights import agency_facts
from caseapp.services import legal_holds
from caseapp.services import retention as acts
from caseapp.vocabulary import HoldGround, RetentionDecision
from caseapp.web import lists
from caseapp.web.access import allowed, on_case, on_retention_review
from caseapp.web.answers import page, refused, saved
from caseapp.web.lists import Choice, ListSpec
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

LIST = ListSpec(
    name="retention",
    title="Retention",
    endpoint="rights.retention",
    act=Do.SEE_RETENTION,
    filters=(
        Choice(
            "which",
            "Which",
            (
                ("waiting", "To be decided"),
                ("dispose", "To be disposed of"),
                ("keep", "Kept longer"),
                ("handed", "Handed over"),
                ("all", "All"),
            ),
        ),
    ),
    columns=(),
    order="due",
    per_page=reads.PER_PAGE,
    saved=False,
)
CERTIFICATES = ListSpec(
    name="disposals",
    title="Disposed of",
    endpoint="rights.certificates",
    act=Do.SEE_RETENTION,
    filters=(),
    columns=(),
    order="-at",
    per_page=reads.PER_PAGE,
    saved=False,
)


@bp.get("/retention")
@allowed(Do.SEE_RETENTION)
def retention():
    state = LIST.read(request.args)
    lines, total = reads.reviews(viewer=viewer(), which=state["which"], offset=state.offset)
    lists.note_listed("records kept long enough", [], reviews=[line.id for line in lines])
    return page(
        "rights/retention.html",
        lines=lines,
        state=state,
        pages=state.page(total),
        facts=agency_facts(viewer().agency_id),
        grace=acts.GRACE,
    )


@bp.get("/retention/disposals")
@allowed(Do.SEE_RETENTION)
def certificates():
    state = CERTIFICATES.read(request.args)
    lines, total = reads.certificates(viewer=viewer(), offset=state.offset)
    return page("rights/certificates.html", lines=lines, pages=state.page(total))


def _review(review, **forms):
    who = viewer()
    found, _total = reads.reviews(viewer=who, only=review.id)
    if not found:
        raise NotVisible
    one = found[0]
    decides = rules.may(who, Do.DECIDE_RETENTION, review)
    holds_too = rules.may(who, Do.HOLD_RETENTION, review)
    version = {"version": str(one.version)}
    held = reads.holds(review.person_id, viewer=who)
    drawn = {
        "keeping": KeepForm(formdata=None, data=version, prefix="keep-") if decides else None,
        "plain": WithVersion(formdata=None, data=version) if decides else None,
        "holding": HoldForm(formdata=None, prefix="hold-") if holds_too else None,
        "lifts": _lifts(held) if holds_too else {},
    }
    return (
        {
            "one": one,
            "review": review,
            "kept": reads.kept(review),
            "holds": held,
            "stops": acts.what_stops(review.agency_id, review.person_id, clock.now()),
            "grace": acts.GRACE,
            "name": one.called,
        }
        | drawn
        | forms
    )


@bp.get("/retention/<id:retention_id>")
@on_retention_review(Do.VIEW_RETENTION, "what has been kept long enough")
def review(review):
    return page("rights/review.html", **_review(review))


def _again(review, name, form):
    form.catch_up()
    context = _review(review)
    if name == "keeping" and context["one"].decision not in (
        RetentionDecision.WAITING,
        RetentionDecision.KEEP,
    ):
        return refused("rights/review.html", form=form, **context, late=form, late_text=form.reason.data)
    return refused("rights/review.html", form=form, **context | {name: form})


def _lifts(holds) -> dict:
    """A form for each hold that is the own agency's and holds; each field with an id of its own."""
    drawn = {}
    for one in holds:
        if one.holds:
            drawn[one.id] = form = LiftForm(formdata=None, prefix="lift-")
            form.reason.id = f"lift-reason-{len(drawn)}"
    return drawn


def _too_late(form, holds, hold_id) -> dict:
    """Where the hold that was to be lifted holds no more, its form is not drawn: what was typed is shown beside what came
    of it. Else the form again, beside that hold alone."""
    if any(one.id == hold_id and one.holds for one in holds):
        return {"lifts": _lifts(holds) | {hold_id: form}}
    return {"late": form, "late_text": form.reason.data}


def _back(review):
    return url_for("rights.review", retention_id=review.id)


def _step(review, name, form, act, say, *fields):
    """One step of a review; the page again, with the form as `name`, where it cannot be taken."""
    return saved(_back(review), say=say) if form.takes(act, review, *fields) else _again(review, name, form)


@bp.post("/retention/<id:retention_id>/keep")
@on_retention_review(Do.DECIDE_RETENTION, "what has been kept long enough, to keep it longer")
def keep(review):
    form = KeepForm(prefix="keep-")
    return _step(
        review, "keeping", form, acts.keep, "Kept longer. It is put before you again then.", "years", "reason"
    )


@bp.post("/retention/<id:retention_id>/dispose")
@on_retention_review(Do.DECIDE_RETENTION, "what has been kept long enough, to dispose of it")
@proven
def dispose(review):
    say = f"Decided. It is disposed of in {acts.GRACE} days; until then you can take it back."
    return _step(review, "plain", WithVersion(), acts.approve, say)


@bp.post("/retention/<id:retention_id>/take-back")
@on_retention_review(Do.DECIDE_RETENTION, "what has been kept long enough, to decide anew")
def take_back(review):
    return _step(review, "plain", WithVersion(), acts.take_back, "Taken back. It waits for a decision again.")


def _held(form, about):
    """Whether the hold was put on the record that a case or a review is about."""
    return form.validate_on_submit() and form.accepts(
        lambda **by: legal_holds.hold(
            about,
            **by,
            ground=HoldGround(form.ground.data),
            reason=form.reason.data,
            until_on=form.until_on.data,
        ),
        actor=viewer(),
        at=clock.now(),
    )


def _lifted(form, about, hold_id):
    _known(hold_id, about.person_id)
    return form.validate_on_submit() and form.accepts(
        legal_holds.lift, about, actor=viewer(), at=clock.now(), hold_id=hold_id, reason=form.reason.data
    )


@bp.post("/retention/<id:retention_id>/hold")
@on_retention_review(Do.HOLD_RETENTION, "what has been kept long enough, to put a hold on it")
def hold(review):
    form = HoldForm(prefix="hold-")
    if _held(form, review):
        return saved(_back(review), say="On hold. Nothing of it is disposed of.")
    return _again(review, "holding", form)


@bp.post("/retention/<id:retention_id>/holds/<id:hold_id>/lift")
@on_retention_review(Do.HOLD_RETENTION, "what has been kept long enough, to lift a hold")
def lift(review, hold_id):
    form = LiftForm(prefix="lift-")
    if _lifted(form, review, hold_id):
        return saved(_back(review), say="The hold is lifted.")
    context = _review(review)
    return refused("rights/review.html", form=form, **context | _too_late(form, context["holds"], hold_id))


def _known(hold_id, person_id):
    """404 for a hold that is on somebody else's record, whatever the form holds."""
    if all(one.id != hold_id for one in reads.holds(person_id, viewer=viewer())):
        abort(404)


# --- on a case, before anything is due ------------------------------------------------------------------------------


def _holds(case, **forms):
    held = reads.holds(case.person_id, viewer=viewer())
    drawn = {
        "holding": HoldForm(formdata=None, prefix="hold-"),
        "lifts": _lifts(held),
    }
    facts = agency_facts(case.lead_agency_id)
    return (
        {
            "case": case,
            "first": first_name(case, viewer=viewer()),
            "holds": held,
            "facts": facts,
            "today": dates.day(clock.today()),
        }
        | drawn
        | forms
    )


@bp.get("/cases/<ref:reference>/holds")
@on_case(Do.HOLD_RECORD, "legal holds")
def holds(case):
    return page("rights/holds.html", **_holds(case))


@bp.post("/cases/<ref:reference>/holds")
@on_case(Do.HOLD_RECORD, "legal holds")
def hold_case(case):
    form = HoldForm(prefix="hold-")
    if _held(form, case):
        return saved(
            url_for("rights.holds", reference=case.reference), say="On hold. Nothing of it is disposed of."
        )
    return refused("rights/holds.html", form=form, **_holds(case, holding=form))


@bp.post("/cases/<ref:reference>/holds/<id:hold_id>/lift")
@on_case(Do.HOLD_RECORD, "legal holds")
def lift_case(case, hold_id):
    form = LiftForm(prefix="lift-")
    if _lifted(form, case, hold_id):
        return saved(url_for("rights.holds", reference=case.reference), say="The hold is lifted.")
    context = _holds(case)
    return refused("rights/holds.html", form=form, **context | _too_late(form, context["holds"], hold_id))
