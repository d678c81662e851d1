"""The canaries of the privacy officer: rows for the world of tests/canaries.py, with their words at once.

FOUND: findings about the staff of Canal Street, for Femi, its privacy officer. UNSEEN: findings that nobody in this world
may read: about the staff of Northgate, which has no officer. And entries of the access record whose texts end with words
of the record of care, which stop before they reach an officer (queries.audit_words).
"""

from datetime import timedelta

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import ReadingFinding, ReadingFindingStep
from caseapp.services import audit
from caseapp.vocabulary import AuditAct, FindingKind, FindingOutcome, FindingStepKind
from tests.world import LONG_AGO

MAY_READ = {"femi": {"FOUND"}}
TABLES = {"reading_finding", "reading_finding_step", "audit_tally", "audit_day"}


def fill(world) -> dict[str, dict[str, list]]:
    """The rows, and their ids by the parameter of an address."""
    entries = [
        audit.entry(who, AuditAct.CHANGED, what, at=clock.now(), case_id=case_id, person_id=person_id)
        for who, case_id, person_id, zone in (
            (world.orla, world.case_id, world.person_id, "LEAD"),
            (world.mark, world.foreign_case_id, world.foreign_person_id, "FOREIGN"),
        )
        for what in (f"need written: CANARY-{zone}-tail", f"case closed (CANARY-{zone}-tail)")
    ]
    audit.write(entries)
    return {
        "own": {"finding_id": _findings(world.orla, world.femi, world.person_id, "FOUND")},
        "foreign": {"finding_id": _findings(world.mark, world.nora, world.foreign_person_id, "UNSEEN")},
    }


def _findings(who, by, person_id, zone):
    """One that is open and one that is closed."""
    ids = []
    for closed in (False, True):
        finding = ReadingFinding(
            kind=FindingKind.OWN_NAME,
            user_id=who.user_id,
            agency_id=who.agency_id,
            day=LONG_AGO.date(),
            from_at=LONG_AGO,
            to_at=LONG_AGO + timedelta(hours=1),
            found_at=LONG_AGO + timedelta(days=1),
            why=f"CANARY-{zone}-why",
            count=1,
            person_id=person_id,
            detail={"entries": []},
            dedupe=f"canary:{who.user_id}:{closed}",
            closed_at=LONG_AGO + timedelta(days=2) if closed else None,
            closed_by_id=by.user_id if closed else None,
            outcome=FindingOutcome.EXPLAINED if closed else None,
        )
        db.session.add(finding)
        db.session.flush()
        db.session.add(
            ReadingFindingStep(
                id=new_id(),
                finding_id=finding.id,
                at=LONG_AGO + timedelta(days=1),
                by_id=by.user_id,
                kind=FindingStepKind.NOTED,
                text=f"CANARY-{zone}-note",
            )
        )
        ids.append(finding.id)
    db.session.flush()
    return ids
