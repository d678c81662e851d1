"""The transfers of one case: begun, asked, agreed to, handed over, taken over; each at its time and by whoever did it."""

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.policy.do import Do
from caseapp.policy.transfers import find_transfer
from caseapp.services import (
    transfer_approaches,
    transfer_consent,
    transfer_handover,
    transfer_taking_over,
    transfers,
)
from caseapp.services.consent_terms import Terms
from caseapp.vocabulary import ConsentKind


def plan(story) -> None:
    """Put every transfer of the case on the stage."""
    for item in story.case.transfers:
        _transfer(story, item)


def _transfer(story, item):
    stage, begun = story.stage, []

    def begin(case, *, actor, at):
        begun.append(
            transfers.begin(
                case,
                actor=actor,
                at=at,
                reason=item.reason,
                why=item.why,
                excluded_on=item.excluded_on,
                persons_view=item.persons_view,
            )
        )

    story.does("transfer", item, Do.BEGIN_TRANSFER, begin)
    for one in item.steps:
        by = one.by or item.by

        def run(one=one, by=by):
            viewer = stage.viewer(by)
            file = begun and find_transfer(viewer, begun[0])
            if not file:
                raise RuleBroken(f"at that time {viewer.name} could not know of this transfer")
            _DEEDS[one.do](stage, file, one, actor=viewer, at=one.at)

        stage.plan(one.at, "transfer", one, run)


def _tell(stage, file, one, **when):
    transfers.assure(
        file,
        who_now=one.who_now,
        plan_goes_on=one.plan_goes_on,
        who_after=one.who_after,
        persons_view=one.persons_view,
        assured_on=one.on or clock.local_day(one.at),
        **when,
    )


def _ask(stage, file, one, **when):
    agency = stage.agencies[one.agency] if one.agency else None
    transfer_approaches.approach(file, agency_id=agency, words=one.words, **when)


def _answer(stage, file, one, **when):
    worker = stage.users[one.worker] if one.worker else None
    transfer_approaches.answer(file, accepts=one.do == "accept", text=one.words, worker_id=worker, **when)


def _consent(stage, file, one, **when):
    day = one.on or clock.local_day(one.at)
    terms = Terms(
        agency_id=0,
        kind=ConsentKind.INFORMATION_SHARING,
        starts_on=clock.local_day(one.at),
        talked_on=day,
        expires_on=one.expires_on,
        understood=True,
        copy_given=True,
    )
    transfer_consent.record(file, terms=terms, keeps=one.keeps, keeps_until=one.keeps_until, **when)


def _arrange(stage, file, one, **when):
    transfer_handover.schedule(file, on=one.on, **when)


_FORM = (
    *("summary", "chronology", "works", "risks", "next_weeks", "attendees"),
    *("reassess", "reassess_why", "notes_from"),
)


def _write(stage, file, one, **when):
    """The whole form each time: what it says last is what it says."""
    version = transfer_handover.form_version(file.id)
    fields = {name: getattr(one, name) for name in _FORM} | {"held_on": one.on}
    transfer_handover.write(file, hand_over=one.do == "hand_over", version=version, **fields, **when)


def _review(stage, file, one, **when):
    transfer_handover.review(file, note=one.words, **when)


def _take_over(stage, file, one, **when):
    worker = stage.users[one.worker] if one.worker else None
    transfer_taking_over.take_over(file, case_manager_id=worker, person_told_on=one.on, **when)


def _no_service(stage, file, one, **when):
    transfers.no_service(
        file,
        interim=one.words,
        domain=one.domain,
        title=one.title,
        service=one.service,
        effect=one.effect,
        wanted=one.wanted,
        noticed_on=one.on or clock.local_day(one.at),
        **when,
    )


def _end(stage, file, one, **when):
    transfers.withdraw(file, reason=one.words, **when)


_DEEDS = {
    "tell": _tell,
    "ask": _ask,
    "accept": _answer,
    "decline": _answer,
    "consent": _consent,
    "arrange": _arrange,
    "write": _write,
    "hand_over": _write,
    "review": _review,
    "take_over": _take_over,
    "no_service": _no_service,
    "end": _end,
}
