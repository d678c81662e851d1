"""A transfer begins: from the case's own page, from its closing, or because the person was excluded."""

from flask import redirect, request, url_for

from caseapp import clock
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.forms import BeginForm
from caseapp.policy.do import Do
from caseapp.queries import cases
from caseapp.queries import transfers as reads
from caseapp.services import transfers
from caseapp.vocabulary import TransferReason
from caseapp.web import record
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _around(case):
    return {
        "case": case,
        "head": cases.head(case, viewer=viewer()),
        "places": record.places(case, request.endpoint),
        "plan_url": url_for("plan.show", reference=case.reference),
    }


@bp.get("/cases/<ref:reference>/transfers")
@on_case(Do.VIEW_TRANSFERS_OF_CASE, "the transfers of the case")
def of_case(case):
    rows = reads.of_case(case, viewer=viewer())
    under_way = next((row for row in rows if row.ended_at is None), None)
    return page("transfers/of_case.html", rows=rows, under_way=under_way, **_around(case))


@bp.get("/cases/<ref:reference>/transfers/new")
@on_case(Do.BEGIN_TRANSFER, "the transfer of the case, to begin it")
def new(case):
    if under_way := reads.open_of(case, viewer=viewer()):
        return redirect(url_for("transfers.show", transfer_id=under_way.id), 303)
    around = _around(case)
    form = BeginForm(formdata=None, data=_proposed(around["head"]))
    return page("transfers/new.html", form=form, **around)


def _proposed(head):
    """What the assurances say if nothing else is said: it is true from the first moment (S3-51)."""
    asked = request.args.get("why", "")
    who = head.cm_name or head.line_manager
    values = {
        "who_now": f"{who} stays responsible for everything until the new case manager has accepted.",
        "plan_goes_on": "The plan goes on: goals, actions and agencies stay as they are.",
        "who_after": f"We look for the next case manager together with {head.first_name}. Whoever it is takes over the whole plan.",
    }
    if asked in set(TransferReason):
        values["reason"] = asked
        if asked == TransferReason.EXCLUDED:
            values["excluded_on"] = clock.today()
    return values


@bp.post("/cases/<ref:reference>/transfers/new")
@on_case(Do.BEGIN_TRANSFER, "the transfer of the case, to begin it")
def create(case):
    form = BeginForm()
    told = form.assured_on.data is not None or bool(form.assured_on.errors)
    if form.validate_on_submit() and form.accepts(
        transfers.begin,
        case,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        excluded_on=form.excluded_on.data,
        why=form.why.data,
        persons_view=form.persons_view.data,
        assured_on=form.assured_on.data,
        # what was only proposed, and not told yet, was not said to anybody
        **{name: form[name].data if told else "" for name in ("who_now", "plan_goes_on", "who_after")},
    ):
        return saved(
            url_for("transfers.show", transfer_id=form.result_id),
            say="The transfer has begun. Until another case manager has taken over, nothing changes in who answers.",
        )
    return refused("transfers/new.html", form=form, **_around(case))
