"""The canaries of transfers: rows for the world of tests/canaries.py, and their zones.

TLEAD: what those who answer for the case read of its transfers (Orla, Declan). ASK: what Northgate Probation was asked,
without a name (Nora). HASK: the same of Harbour Hostel (Amina), and what she answered. ASKH: what Northgate asks Harbour
about the foreign person; neither her name nor anything else of her reaches Harbour with it. The form of a transfer that
took effect is read by the agency that leads since, and never by the one that led.
"""

from datetime import date

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    Transfer,
    TransferApproach,
    TransferHandover,
    TransferStep,
)
from caseapp.vocabulary import (
    ApproachState,
    CaseStatus,
    TransferAct,
    TransferReason,
    TransferStage,
)
from tests.world import LONG_AGO

MAY_READ = {
    "orla": {"TLEAD", "ASK", "HASK"},
    "declan": {"TLEAD", "ASK", "HASK"},
    "nora": {"ASK", "ASKH"},
    "mark": {"ASKH"},
    "amina": {"HASK", "ASKH"},
}
TABLES = {"transfer", "transfer_approach", "transfer_handover", "transfer_step"}
_TEXTS = ("why", "persons_view", "who_now", "plan_goes_on", "who_after", "interim", "ended_reason")
_FORM = ("summary", "chronology", "works", "risks", "next_weeks", "attendees", "review_note", "reassess_why")


def word(zone: str, *about: str) -> str:
    return f"CANARY-{zone}-{'-'.join(about)}"


def _transfer(world, case_id, from_agency, by, zone, **more) -> Transfer:
    row = Transfer(
        case_id=case_id,
        from_agency_id=world.agencies[from_agency],
        reason=more.pop("reason", TransferReason.RELAPSE),
        status_before=CaseStatus.CASE_MANAGED,
        requested_at=LONG_AGO,
        requested_by_id=by.user_id,
        assured_on=date(2026, 9, 3),
        **{name: word(zone, "transfer", name) for name in _TEXTS},
        **more,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _asked(world, transfer, agency, zone, by, **more) -> TransferApproach:
    row = TransferApproach(
        transfer_id=transfer.id,
        agency_id=world.agencies[agency],
        words=word(zone, "asked"),
        asked_at=LONG_AGO,
        asked_by_id=by.user_id,
        **more,
    )
    db.session.add(row)
    db.session.flush()
    for act, agency_id, said in (
        (TransferAct.APPROACHED, world.agencies[agency], zone),
        (TransferAct.TAKEN_BACK, None, "FOREIGN" if zone == "ASKH" else "TLEAD"),
    ):
        db.session.add(
            TransferStep(
                transfer_id=transfer.id,
                at=LONG_AGO,
                act=act,
                user_id=by.user_id,
                agency_id=by.agency_id,
                for_agency_id=agency_id,
                text=word(said, "step"),
            )
        )
    db.session.flush()
    return row


def _form(world, transfer, zone, by) -> None:
    content = {
        "format": 1,
        "head": {"strengths": word(zone, "strengths"), "contingency": word(zone, "contingency")},
        "needs": [
            {
                "domain_label": "Accommodation",
                "level": "high",
                "words": word(zone, "need"),
                "situation": "",
                "functioning": "",
            }
        ],
        "goals": [],
        "gaps": [],
        "meetings": [],
        "reviews": [],
    }
    db.session.add(
        TransferHandover(
            transfer_id=transfer.id,
            held_on=date(2026, 9, 9),
            reassess=True,
            changed_at=LONG_AGO,
            changed_by_id=by.user_id,
            handed_over_at=LONG_AGO,
            reviewed_at=LONG_AGO,
            reviewed_by_id=by.user_id,
            content=content,
            **{name: word(zone, "form", name) for name in _FORM},
        )
    )
    db.session.flush()


def fill(world) -> None:
    """Of Niall's case: one under way, one that was taken back, one by which Canal Street took over from Harbour Hostel.
    Of the foreign case: one under way, asked of Harbour."""
    session, orla, mark = db.session, world.orla, world.mark
    over = {"stage": TransferStage.WITHDRAWN, "ended_at": LONG_AGO}
    answered = {"answered_at": LONG_AGO, "answered_by_id": world.amina.user_id}
    going = _transfer(world, world.case_id, "canal", orla, "TLEAD", stage=TransferStage.APPROACHED)
    _asked(world, going, "northgate", "ASK", orla)
    _asked(
        world,
        going,
        "harbour",
        "HASK",
        orla,
        state=ApproachState.DECLINED,
        answer=word("HASK", "answer"),
        **answered,
    )
    back = _transfer(world, world.case_id, "canal", orla, "TLEAD", **over)
    _asked(
        world,
        back,
        "harbour",
        "HASK",
        orla,
        state=ApproachState.TAKEN_BACK,
        answer=word("TLEAD", "why-no-longer"),
        **answered,
    )
    _form(world, back, "TLEAD", orla)
    came = _transfer(
        world,
        world.case_id,
        "harbour",
        world.amina,
        "TLEAD",
        stage=TransferStage.EFFECTIVE,
        ended_at=LONG_AGO,
        grant_id=world.grants["harbour"],
        to_agency_id=world.agencies["canal"],
    )
    _form(world, came, "TLEAD", world.amina)
    foreign = _transfer(
        world,
        world.foreign_case_id,
        "northgate",
        mark,
        "FOREIGN",
        reason=TransferReason.EXCLUDED,
        excluded_on=clock.today(),
        stage=TransferStage.APPROACHED,
    )
    _asked(world, foreign, "harbour", "ASKH", mark)
    _form(world, foreign, "FOREIGN", mark)
    session.flush()


def ids(world, side: str) -> dict[str, list]:
    """Values for each parameter of an address."""
    case_id = world.case_id if side == "own" else world.foreign_case_id
    found = list(
        db.session.scalars(select(Transfer.id).where(Transfer.case_id == case_id).order_by(Transfer.id))
    )
    approaches = select(TransferApproach.id).where(TransferApproach.transfer_id.in_(found))
    return {
        "transfer_id": found,
        "approach_id": list(db.session.scalars(approaches.order_by(TransferApproach.id))),
    }
