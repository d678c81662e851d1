"""The person's consent to be handed over, and what the agency that led goes on to see."""

from caseapp import clock
from caseapp.blueprints.transfers import bp
from caseapp.blueprints.transfers.context import about, data, page_of
from caseapp.blueprints.transfers.forms import ConsentForm
from caseapp.policy.do import Do
from caseapp.protocols import add_months
from caseapp.queries import settings
from caseapp.services import transfer_consent
from caseapp.services.consent_terms import Terms
from caseapp.vocabulary import ConsentGiver, ConsentKind, ConsentMode, TransferKeeps
from caseapp.web.access import on_transfer
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer

#: So many months are proposed: long enough for a handover, and no longer than the agency's own rule.
FOR_A_HANDOVER = 3


@bp.get("/transfers/<id:transfer_id>/consent")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to record consent")
def consent(transfer):
    context = about(transfer)
    today = clock.today()
    months = settings.value(transfer.from_agency_id, "consent_default_months")
    form = ConsentForm(
        formdata=None,
        data=data(
            context["it"],
            expires_on=add_months(today, min(months, FOR_A_HANDOVER)),
            keeps=TransferKeeps.NOTHING.value,
        ),
    )
    return page("transfers/consent.html", form=form, **context)


def _terms(form) -> Terms:
    mode, giver = ConsentMode(form.mode.data), ConsentGiver(form.given_by.data)
    spoken, other = mode is ConsentMode.VERBAL, giver is not ConsentGiver.PERSON
    return Terms(
        agency_id=0,  # that of the agency that accepted, set by the use case
        kind=ConsentKind.INFORMATION_SHARING,
        starts_on=clock.today(),
        talked_on=form.talked_on.data,
        expires_on=form.expires_on.data,
        mode=mode,
        verbal_reason=form.verbal_reason.data if spoken else "",
        written_due_on=form.written_due_on.data if spoken else None,
        given_by=giver,
        giver_name=form.giver_name.data if other else "",
        giver_authority=form.giver_authority.data if other else "",
        understood=form.understood.data,
        copy_given=form.copy_given.data,
        read_aloud=form.read_aloud.data,
        interpreter=form.interpreter.data,
    )


@bp.post("/transfers/<id:transfer_id>/consent")
@on_transfer(Do.KEEP_TRANSFER, "a transfer, to record consent")
def record_consent(transfer):
    form = ConsentForm()
    if form.validate_on_submit() and form.accepts(
        transfer_consent.record,
        transfer,
        actor=viewer(),
        at=clock.now(),
        terms=_terms(form),
        keeps=form.keeps.data,
        keeps_until=form.keeps_until.data,
        version=form.seen_version,
    ):
        return saved(
            page_of(transfer),
            say="Written down. They read the name now, and the handover once it is made.",
        )
    form.catch_up()
    return refused("transfers/consent.html", form=form, **about(transfer))
