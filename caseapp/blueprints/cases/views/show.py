"""The case page: where it stands, what is due, who works on it; and how it began."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import ContactForm, EditForm
from caseapp.blueprints.cases.record import around
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import case_notes, case_standing, case_team, cases, timeline, transfers
from caseapp.services import cases as acts
from caseapp.vocabulary import CaseStatus
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

#: Where each thing that the flow waits for is done: (endpoint, words of the link).
MEND = {
    "permission_to_ask": ("cases.edit", "Record it"),
    "other_services_checked": ("cases.edit", "Record what you heard"),
    "case_manager": ("cases.case_manager", "Name the case manager"),
    "key_worker": ("cases.key_worker", "Name the key worker"),
    "eligibility_decided": ("cases.edit", "Record the decision"),
    "sharing_consent": ("consent.index", "Open consent"),
}


@bp.get("/cases/<ref:reference>")
@on_case(Do.VIEW_CASE, "the case page")
def show(case):
    details = cases.details(case, viewer=viewer())
    standing = case_standing.standing(case, details.protocol, viewer=viewer())
    found, total = timeline.events(case, viewer=viewer(), size=6)
    notes, note_count = case_notes.notes(case, viewer=viewer(), size=3)
    return page(
        "cases/show.html",
        details=details,
        standing=standing,
        mend=_mend(case, standing.next_fact),
        team=case_team.team(case, viewer=viewer()),
        agencies=cases.agencies(case, viewer=viewer()),
        events=found,
        event_count=total,
        notes=notes,
        note_count=note_count,
        today=clock.today(),
        may={act.name: rules.may(viewer(), act, case) for act in Do},
        lost=case.status == CaseStatus.CONTACT_LOST,
        transfer=_transfer(case),
        **around(case),
    )


def _transfer(case):
    """The transfer that is under way, for those who answer for the case; only then is it asked for."""
    if case.status not in (CaseStatus.TRANSFER_PENDING, CaseStatus.CONTACT_LOST):
        return None
    if not rules.may(viewer(), Do.VIEW_TRANSFERS_OF_CASE, case):
        return None
    return transfers.open_of(case, viewer=viewer())


def _mend(case, fact):
    """Where the next required step is done, for those who may do it."""

    endpoint, words = MEND.get(fact, ("plan.show", "Open the plan"))
    if endpoint == "cases.edit" and not rules.may(viewer(), Do.EDIT_CASE, case):
        return None
    if endpoint in {"cases.case_manager", "cases.key_worker"} and not rules.may(viewer(), Do.ALLOCATE, case):
        return None
    return url_for(endpoint, reference=case.reference), words


FIELDS = (
    "referral_on",
    "first_contact_on",
    "permission_on",
    "intensive_needs",
    "lead_settled",
    "commitment_ends_on",
    "support_due_on",
    "support_due_reason",
)


@bp.get("/cases/<ref:reference>/edit")
@on_case(Do.EDIT_CASE, "how the case began")
def edit(case):
    details = cases.details(case, viewer=viewer())
    form = EditForm(data={"version": details.version} | {name: getattr(details, name) for name in FIELDS})
    return page("cases/edit.html", form=form, **around(case))


@bp.post("/cases/<ref:reference>/edit")
@on_case(Do.EDIT_CASE, "how the case began")
def save_edit(case):
    form = EditForm()
    if form.validate_on_submit():
        values = {name: form[name].data if form[name].data is not None else None for name in FIELDS}
        values |= {
            name: values[name] or "" for name in ("intensive_needs", "lead_settled", "support_due_reason")
        }
        if form.accepts(acts.edit, case, actor=viewer(), at=clock.now(), version=form.seen_version, **values):
            return saved(url_for("cases.show", reference=case.reference), say="Saved.")
    form.catch_up()
    return refused("cases/edit.html", form=form, **around(case))


@bp.get("/cases/<ref:reference>/contact")
@on_case(Do.EDIT_CASE, "whether contact holds")
def contact(case):
    return page(
        "cases/contact.html", form=ContactForm(), lost=case.status == CaseStatus.CONTACT_LOST, **around(case)
    )


@bp.post("/cases/<ref:reference>/contact/<any(lost, back):which>")
@on_case(Do.EDIT_CASE, "whether contact holds")
def save_contact(case, which):
    form = ContactForm()
    if form.validate_on_submit() and form.accepts(
        acts.contact, case, actor=viewer(), at=clock.now(), lost=which == "lost", how=form.how.data
    ):
        return saved(
            url_for("cases.show", reference=case.reference), say="Saved. The line manager has been told."
        )
    return refused("cases/contact.html", form=form, lost=which == "back", **around(case))
