"""What tests of transfers share: the way of a case from Canal Street to Northgate Probation, through the use cases."""

from datetime import timedelta

from sqlalchemy import select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import Transfer
from caseapp.policy.transfers import find_transfer
from caseapp.services import (
    transfer_approaches,
    transfer_consent,
    transfer_handover,
    transfer_taking_over,
    transfers,
)
from caseapp.services.consent_terms import Terms
from caseapp.vocabulary import ConsentKind, TransferKeeps, TransferReason

FORM = {
    "summary": "CANARY-PACK-summary",
    "chronology": "CANARY-PACK-chronology",
    "works": "CANARY-PACK-works",
    "risks": "CANARY-PACK-risks",
    "next_weeks": "CANARY-PACK-next",
    "attendees": "CANARY-PACK-attendees",
}


def seen(viewer, transfer_id):
    """The transfer as this viewer may know it; None if not at all."""
    return find_transfer(viewer, transfer_id)


def begun(world, who="orla", reason=TransferReason.NOT_BEST_PLACED, **more) -> int:
    """A transfer of Niall's case."""
    viewer = world.viewers[who]
    return transfers.begin(
        world.case_for(viewer),
        actor=viewer,
        at=clock.now(),
        reason=reason,
        why="CANARY-WHY Probation knows him better by now",
        **more,
    )


def asked(
    world, transfer_id, agency="northgate", words="CANARY-ASK One person, housing and drug use", by="orla"
):
    viewer = world.viewers[by]
    return transfer_approaches.approach(
        seen(viewer, transfer_id),
        actor=viewer,
        at=clock.now(),
        agency_id=world.agencies[agency],
        words=words,
    )


def accepted(world, transfer_id, by="nora", worker=None, accepts=True, text="CANARY-ANSWER we can"):
    viewer = world.viewers[by]
    return transfer_approaches.answer(
        seen(viewer, transfer_id),
        actor=viewer,
        at=clock.now(),
        accepts=accepts,
        text=text,
        worker_id=worker and world.viewers[worker].user_id,
    )


def terms(**more) -> Terms:
    today = clock.today()
    return Terms(
        agency_id=0,
        kind=ConsentKind.INFORMATION_SHARING,
        starts_on=today,
        talked_on=today,
        expires_on=today + timedelta(days=30),
        understood=True,
        copy_given=True,
        **more,
    )


def agreed(world, transfer_id, keeps=TransferKeeps.NOTHING, keeps_until=None, **more):
    return transfer_consent.record(
        seen(world.orla, transfer_id),
        actor=world.orla,
        at=clock.now(),
        terms=terms(**more),
        keeps=keeps,
        keeps_until=keeps_until,
    )


def arranged(world, transfer_id, on=None):
    return transfer_handover.schedule(
        seen(world.orla, transfer_id), actor=world.orla, at=clock.now(), on=on or clock.today()
    )


def handed_over(world, transfer_id, **more):
    return transfer_handover.write(
        seen(world.orla, transfer_id),
        actor=world.orla,
        at=clock.now(),
        hand_over=True,
        **(FORM | {"held_on": clock.today()} | more),
    )


def looked_through(world, transfer_id):
    return transfer_handover.review(
        seen(world.declan, transfer_id), actor=world.declan, at=clock.now(), note="CANARY-REVIEW good"
    )


def taken_over(world, transfer_id, worker="mark", by="nora", **more):
    viewer = world.viewers[by]
    return transfer_taking_over.take_over(
        seen(viewer, transfer_id),
        actor=viewer,
        at=clock.now(),
        case_manager_id=world.viewers[worker].user_id,
        **more,
    )


def ready(world, **more) -> int:
    """Handed over to Northgate and looked through: theirs to take over."""
    transfer_id = begun(world)
    asked(world, transfer_id)
    accepted(world, transfer_id, worker="mark")
    agreed(world, transfer_id, **more)
    arranged(world, transfer_id)
    handed_over(world, transfer_id)
    looked_through(world, transfer_id)
    return transfer_id


def row(transfer_id) -> Transfer:
    return db.session.scalar(
        select(Transfer).where(Transfer.id == transfer_id).execution_options(populate_existing=True)
    )


def address(transfer_id, *more) -> str:
    return "/".join([f"/transfers/{ids.written(transfer_id)}", *more])
