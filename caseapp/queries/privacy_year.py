"""The privacy officer's report of a year (X-7, X-19): accesses by ground, refusals, prints, files, emergency accesses,
disclosures; findings and what came of them, by agency. Each table is counted once here; page, CSV and XLSX write down the
same numbers. They name no person whose record it is, and no member of staff."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import func, select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, AuditTally, EmergencyAccess, ReadingFinding
from caseapp.policy import privacy
from caseapp.policy.viewer import Viewer
from caseapp.vocabulary import AuditAct, EmergencyOutcome, FindingKind, FindingOutcome

#: Entries about records, told by the ground on which they were opened.
LOOKING = (AuditAct.READ, AuditAct.PRINTED, AuditAct.EXPORTED)
NO_GROUND = "no case: the own person’s page, a list"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report: rows of (words, numbers), and what they add up to."""

    key: str
    title: str
    of: str
    columns: tuple[str, ...]
    rows: list[tuple[str, tuple[int, ...]]]
    note: str = ""

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(map(sum, zip(*(numbers for _, numbers in self.rows), strict=True)))


@dataclass(frozen=True, slots=True)
class Report:
    """A year, as far as it has gone."""

    year: int
    #: The last day that is counted in it, or None.
    until: date | None
    tables: list[Table]


def years(*, viewer: Viewer) -> list[int]:
    """The years in which anything was counted, newest first; this year at least."""
    first = db.session.scalar(
        select(func.min(AuditTally.day)).where(privacy.SERVES(AuditTally.agency_id)), privacy.binds(viewer)
    )
    this = clock.today().year
    return list(range(this, (first.year if first else this) - 1, -1))


def report(year: int, *, viewer: Viewer) -> Report:
    """The year's numbers for the agencies that the viewer answers for."""
    names = dict(
        db.session.execute(
            select(Agency.id, Agency.name).where(Agency.id.in_(privacy.SERVED)), privacy.binds(viewer)
        ).all()
    )
    begins, ends = date(year, 1, 1), date(year + 1, 1, 1)
    rows = db.session.execute(
        select(
            AuditTally.agency_id,
            AuditTally.act,
            AuditTally.ground,
            func.sum(AuditTally.entries),
            func.max(AuditTally.day),
        )
        .where(AuditTally.day >= begins, AuditTally.day < ends, privacy.SERVES(AuditTally.agency_id))
        .group_by(AuditTally.agency_id, AuditTally.act, AuditTally.ground),
        privacy.binds(viewer),
    ).all()
    moments = clock.at_local(begins, time()), clock.at_local(ends, time())
    return Report(
        year,
        max((row[4] for row in rows), default=None),
        [
            _acts(rows, names),
            _grounds(rows),
            _emergencies(names, moments, viewer),
            _findings(names, moments, viewer),
            _outcomes(names, moments, viewer),
        ],
    )


def _acts(rows, names):
    columns = [act for act in AuditAct if act not in (AuditAct.SIGNED_OUT,)]
    counted = defaultdict(lambda: dict.fromkeys(columns, 0))
    for agency_id, act, _, count, _ in rows:
        if act in counted[agency_id]:
            counted[agency_id][act] += count
    return Table(
        "acts",
        "What was done, by agency",
        "Agency",
        tuple(act.label for act in columns),
        [
            (names[agency], tuple(counted[agency].values()))
            for agency in sorted(counted, key=lambda one: names[one])
        ],
        "Entries of the access record, by the agency whose staff did it.",
    )


def _grounds(rows):
    counted = defaultdict(lambda: dict.fromkeys(LOOKING, 0))
    for _, act, ground, count, _ in rows:
        if act in LOOKING:
            counted[ground or NO_GROUND][act] += count
    return Table(
        "grounds",
        "On what ground records were looked at",
        "Ground",
        tuple(act.label for act in LOOKING),
        [(ground[:1].upper() + ground[1:], tuple(counted[ground].values())) for ground in sorted(counted)],
    )


def _emergencies(names, moments, viewer):
    e = EmergencyAccess
    rows = db.session.execute(
        select(
            e.lead_agency_id,
            func.count(),
            *(func.count().filter(e.outcome == outcome) for outcome in EmergencyOutcome),
            func.count().filter(e.reviewed_at.is_(None)),
        )
        .where(
            e.opened_at >= moments[0],
            e.opened_at < moments[1],
            privacy.SERVES(e.lead_agency_id),
        )
        .group_by(e.lead_agency_id),
        privacy.binds(viewer),
    ).all()
    return Table(
        "emergencies",
        "Emergency access, by the agency that leads the case",
        "Agency",
        ("Opened", *(outcome.label for outcome in EmergencyOutcome), "Not reviewed yet"),
        sorted((names[row[0]], tuple(row[1:])) for row in rows),
    )


def _by_agency(column, words, names, moments, viewer):
    """Findings of the year, by agency and by one column's words."""
    f = ReadingFinding
    rows = db.session.execute(
        select(f.agency_id, column, func.count())
        .where(f.found_at >= moments[0], f.found_at < moments[1], privacy.SEES_FINDING)
        .group_by(f.agency_id, column),
        privacy.binds(viewer),
    ).all()
    counted = defaultdict(lambda: dict.fromkeys(words, 0))
    for agency_id, word, count in rows:
        counted[agency_id][word] += count
    return [
        (names[agency], tuple(counted[agency].values()))
        for agency in sorted(counted, key=lambda one: names[one])
    ]


def _findings(names, moments, viewer):
    return Table(
        "findings",
        "Unusual reading, by agency",
        "Agency",
        tuple(kind.label for kind in FindingKind),
        _by_agency(ReadingFinding.kind, list(FindingKind), names, moments, viewer),
        "A finding is a question, not a verdict.",
    )


def _outcomes(names, moments, viewer):
    return Table(
        "outcomes",
        "What came of it, by agency",
        "Agency",
        (*(outcome.label for outcome in FindingOutcome), "Still open"),
        _by_agency(ReadingFinding.outcome, [*FindingOutcome, None], names, moments, viewer),
    )
