"""The canaries of what is kept apart, and of disclosures without consent: rows for the world of tests/canaries.py.

SECTION: what stands in the restricted section of Niall's case, read by Orla, who manages the case, and Declan, its line
manager. NARROW: an entry for Declan alone. MADE: a disclosure of the lead agency that is no child's matter, in its words
(recipient and ground of it stand on the person’s list and are HELD). HMADE and HHELD: the same
of one by Harbour Hostel; HCHILD: its report about a child, for Tomasz, who made it, and Amina, his manager.
"""

from datetime import timedelta

from sqlalchemy import and_, not_, select

from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Disclosure,
    DisclosureStep,
    RestrictedAccess,
    RestrictedEntry,
    RestrictedHandover,
    RestrictedHandoverEntry,
    RestrictedReader,
)
from caseapp.vocabulary import DisclosureAct, DisclosureHow, DisclosureTold, RestrictedKind
from tests.world import LONG_AGO

MAY_READ = {
    "orla": {"SECTION", "MADE", "HELD", "HHELD"},
    "declan": {"SECTION", "NARROW", "MADE", "HELD", "HHELD"},
    "tomasz": {"HMADE", "HHELD", "HCHILD"},
    "amina": {"HMADE", "HHELD", "HCHILD"},
}
TABLES = {
    "restricted_entry",
    "restricted_reader",
    "restricted_access",
    "restricted_handover",
    "restricted_handover_entry",
    "disclosure",
    "disclosure_step",
}


def word(zone: str, *about: str) -> str:
    return f"CANARY-{zone}-{'-'.join(about)}"


def fill(world) -> None:
    """Rows for Niall's case and for the foreign one."""
    _section(world, world.case_id, "canal", world.orla, world.declan, own=True)
    _section(world, world.foreign_case_id, "northgate", world.mark, world.nora, own=False)
    canal = {"agency_id": world.agencies["canal"], "manager_id": world.declan.user_id}
    harbour = {"agency_id": world.agencies["harbour"], "manager_id": world.amina.user_id}
    niall = {"case_id": world.case_id, "person_id": world.person_id}
    _disclosure(world.orla, "SECTION", "SECTION", childs=True, in_section=True, **canal, **niall)
    _disclosure(world.orla, "MADE", "HELD", **canal, **niall)
    _disclosure(world.tomasz, "HMADE", "HHELD", **harbour, **niall)
    _disclosure(world.tomasz, "HCHILD", "HCHILD", childs=True, **harbour, **niall)
    for childs in (False, True):
        _disclosure(
            world.mark,
            "FOREIGN",
            "FOREIGN",
            childs=childs,
            in_section=childs,
            agency_id=world.agencies["northgate"],
            manager_id=world.nora.user_id,
            case_id=world.foreign_case_id,
            person_id=world.foreign_person_id,
        )


def _section(world, case_id, lead, cm, manager, *, own):
    z = (lambda zone: zone) if own else (lambda zone: "FOREIGN")
    agency_id = world.agencies[lead]
    made = []
    for zone, author, narrow, corrects in (
        ("SECTION", cm, False, None),
        ("NARROW", manager, True, None),
        ("SECTION", cm, False, 0),
    ):
        entry = RestrictedEntry(
            id=new_id(),
            case_id=case_id,
            agency_id=agency_id,
            kind=RestrictedKind.SOCIAL_WORK,
            received_on=LONG_AGO.date(),
            third_party=True,
            narrow=narrow,
            author_id=author.user_id,
            written_at=LONG_AGO,
            corrects_id=made[corrects] if corrects is not None else None,
            **{name: word(z(zone), "kept", name) for name in ("given_by", "text", "why", "known_to")},
        )
        db.session.add(entry)
        db.session.flush()
        made.append(entry.id)
    db.session.add(RestrictedReader(entry_id=made[1], user_id=manager.user_id))
    #: somebody of the lead agency who could read it once
    db.session.add(
        RestrictedAccess(
            case_id=case_id,
            agency_id=agency_id,
            user_id=(world.shauna if own else cm).user_id,
            reason=word(z("SECTION"), "access"),
            given_at=LONG_AGO,
            given_by_id=manager.user_id,
            ended_at=LONG_AGO + timedelta(days=1),
            ended_by_id=manager.user_id,
            ended_reason=word(z("SECTION"), "ended"),
        )
    )
    #: handed to the clinic, which does not lead: it opens nothing there
    handover = RestrictedHandover(
        id=new_id(),
        case_id=case_id,
        from_agency_id=agency_id,
        to_agency_id=world.agencies["clinic"],
        social_worker=word(z("SECTION"), "agreed-by"),
        agreed_on=LONG_AGO.date(),
        agreed_how=word(z("SECTION"), "agreed-how"),
        made_at=LONG_AGO,
        made_by_id=manager.user_id,
    )
    db.session.add(handover)
    db.session.flush()
    db.session.add(RestrictedHandoverEntry(handover_id=handover.id, entry_id=made[0]))


def _disclosure(author, zone, listed, *, childs=False, in_section=False, **whose):
    """`zone` is in its own words, `listed` in what stands on the person's list too."""
    row = Disclosure(
        id=new_id(),
        author_id=author.user_id,
        ground="ie_child_concern" if childs else "ie_garda",
        ground_words=word(listed, "ground"),
        ground_note=word(zone, "ground-note"),
        child_protection=childs,
        in_section=in_section,
        recipient_name=word(listed, "recipient"),
        recipient_office=word(listed, "office"),
        their_reference=word(zone, "their-reference"),
        categories=["risk"],
        text=word(zone, "told"),
        disclosed_at=LONG_AGO,
        how=DisclosureHow.PHONE,
        told=DisclosureTold.NOT,
        not_told_reason=word(zone, "not-told"),
        decided_by=word(zone, "decided"),
        written_at=LONG_AGO,
        withheld_reason="",
        **whose,
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(
        DisclosureStep(
            disclosure_id=row.id,
            at=LONG_AGO,
            user_id=author.user_id,
            act=DisclosureAct.RECORDED,
            text=word(zone, "step"),
        )
    )


def ids(world, side: str) -> dict[str, list]:
    """Values for each parameter of an address."""
    case_id = world.case_id if side == "own" else world.foreign_case_id

    def of(model, *first):
        ids = select(model.id).where(model.case_id == case_id).order_by(*first, model.id)
        return list(db.session.scalars(ids))

    # the one about a child that stands outside the section last: ids of one millisecond have no order of their own
    apart = and_(Disclosure.child_protection, not_(Disclosure.in_section))

    return {
        "restricted_id": of(RestrictedEntry),
        "access_id": of(RestrictedAccess),
        "handover_id": of(RestrictedHandover),
        "disclosure_id": of(Disclosure, apart),
    }


__all__ = ["MAY_READ", "TABLES", "fill", "ids", "word"]
