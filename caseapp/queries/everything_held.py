"""Everything that is held about one person, found by walking the tables themselves (X-5, X-9).

A table belongs to a person when a foreign key leads from it to the person, to a case, or to a table that belongs. So a
new table is met by the next access request and the next disposal without anybody thinking of it; that somebody has
thought of it is what `SECTIONS` and `NOT_IN_PACK` say, and a test refuses a table that stands in neither.

This module reads without a viewer's scope: it is only for the use cases of policy/rights.py, which hand it what the
agency that answers keeps, and never anything else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import Agency, Base, Case, Person, RestrictedEntry, User
from caseapp.pieces import pieces
from caseapp.policy import former_leads
from caseapp.policy.restricted import HANDED_TO_LEAD
from caseapp.queries.held_words import label, said


@dataclass(frozen=True, slots=True)
class Section:
    """Where rows of one table stand in the pack. `one` is what a row is called, `when` the column that dates it, `said`
    the column whose words stand in its title, `look` why each row is looked at before it is given."""

    title: str
    one: str
    when: str = ""
    said: str = ""
    look: str = ""


OTHERS = "It may name other people"
ABOUT_OTHERS = "It is about somebody else"
BY_STAFF = "It says how staff keep safe"
COMPLAINT = "It may name staff and other people"

_PERSON, _CASE, _CONSENT = "Who you are", "Your case", "Consent and sharing"
_PLAN, _NOTES, _MEETINGS = "Your plan", "Notes", "Meetings"
_GAPS, _GRIEVANCES, _LETTERS = "Gaps and blocks", "Grievances", "Disclosures and letters"
_RIGHTS = "Your rights"
WITHOUT_CONSENT = "It was passed on without consent: look whether telling of it now does harm"
APART = "Kept apart: only those on the list of the section read it and decide"

#: Every table that belongs to a person and is in the pack, in the order in which the pack shows them.
SECTIONS = {
    "person": Section(_PERSON, "What is kept of you", "registered_at"),
    "person_identifier": Section(_PERSON, "Number in another system", said="scheme"),
    "person_relative": Section(_PERSON, "Carer or family", said="role", look=ABOUT_OTHERS),
    "person_warning": Section(_PERSON, "Warning for staff", "recorded_at", "kind", BY_STAFF),
    "case": Section(_CASE, "Case", "opened_at", "reference"),
    "case_assignment": Section(_CASE, "Who worked with you", "from_at", "role"),
    "case_agency": Section(_CASE, "Agency known to work with you", "known_on"),
    "event": Section(_CASE, "What happened", "at", "summary"),
    "transfer": Section(_CASE, "Handing over to another agency", "requested_at", "reason", OTHERS),
    "transfer_approach": Section(_CASE, "Agency that was asked to take over", "asked_at", look=OTHERS),
    "transfer_handover": Section(_CASE, "Handover form", "changed_at", look=OTHERS),
    "transfer_step": Section(_CASE, "Step of a handing over", "at", "act", OTHERS),
    "consent_grant": Section(_CONSENT, "Consent", "recorded_at", "kind"),
    "consent_withheld": Section(_CONSENT, "Part of life kept back", said="domain"),
    "consent_exclusion": Section(_CONSENT, "Agency never to be told", "recorded_at"),
    "care_plan": Section(_PLAN, "The plan", "agreed_at"),
    "need": Section(_PLAN, "Need", "changed_at", "domain"),
    "goal": Section(_PLAN, "Goal", "created_at", "words"),
    "goal_step": Section(_PLAN, "Step to a goal", said="text"),
    "action": Section(_PLAN, "Action", "created_at", "what"),
    "action_note": Section(_PLAN, "Note on an action", "at", look=OTHERS),
    "plan_version": Section(_PLAN, "Version of the plan", "agreed_at", "number"),
    "plan_agreement": Section(_PLAN, "Agreement to the plan", "recorded_at"),
    "plan_review": Section(_PLAN, "Review of the plan", "held_on"),
    "plan_issue": Section(_PLAN, "Question about the plan", "raised_at", look=OTHERS),
    "case_note": Section(_NOTES, "Note", "happened_at", "kind", OTHERS),
    "case_note_share": Section(_NOTES, "Note shown to another agency", "shared_at"),
    "correction": Section(_NOTES, "What you said about the record", "recorded_at", "title"),
    "meeting": Section(_MEETINGS, "Meeting", "starts_at", "kind", OTHERS),
    "meeting_reason": Section(_MEETINGS, "Why a meeting was called", said="trigger"),
    "meeting_attendee": Section(_MEETINGS, "Who was asked to a meeting", "added_at", "role"),
    "meeting_report": Section(_MEETINGS, "Report to a meeting", "written_at", look=OTHERS),
    "meeting_report_action": Section(_MEETINGS, "Report on an action", look=OTHERS),
    "meeting_lead_talk": Section(_MEETINGS, "Talk about who leads", "staff_on", look=OTHERS),
    "meeting_lead_claim": Section(_MEETINGS, "An agency’s claim to lead", "written_at", look=OTHERS),
    "meeting_step": Section(_MEETINGS, "History of a meeting", "at", "text"),
    "meeting_point": Section(_MEETINGS, "Point of an agenda", "added_at", "title", OTHERS),
    "meeting_record": Section(_MEETINGS, "Record of a meeting", "saved_at", look=OTHERS),
    "meeting_apart": Section(_MEETINGS, "Part of a meeting without you", look=OTHERS),
    "meeting_decision": Section(_MEETINGS, "Decision", said="text", look=OTHERS),
    "meeting_decision_view": Section(_MEETINGS, "Where somebody stood on a decision", look=OTHERS),
    "meeting_change": Section(_MEETINGS, "Change decided in a meeting", look=OTHERS),
    "minutes": Section(_MEETINGS, "Minutes", "issued_at", look=OTHERS),
    "minutes_copy": Section(_MEETINGS, "Copy of the minutes for an agency"),
    "minutes_amendment": Section(_MEETINGS, "Correction of the minutes", "at", look=OTHERS),
    "minutes_correction": Section(_MEETINGS, "Correction asked for", "asked_at", look=OTHERS),
    "minutes_confirmation": Section(_MEETINGS, "Minutes confirmed", "at"),
    "disclosure": Section(_LETTERS, "Passed on without your consent", "disclosed_at", look=WITHOUT_CONSENT),
    "disclosure_step": Section(_LETTERS, "Step of a disclosure", "at", "act", WITHOUT_CONSENT),
    "access_request": Section(_LETTERS, "A worker asked to see your record", "asked_at", look=OTHERS),
    "emergency_access": Section(_LETTERS, "Your record was opened in an emergency", "opened_at"),
    "emergency_review": Section(_LETTERS, "That opening was looked at again", "at", look=OTHERS),
    "access_denial": Section(_LETTERS, "A worker who is kept from your record", "set_at", look=OTHERS),
    "access_denial_step": Section(_LETTERS, "Step of keeping a worker out", "at", "act", OTHERS),
    "restricted_entry": Section(_LETTERS, "Information that is kept apart", "written_at", look=APART),
    "escalation": Section(_GAPS, "Gap or block", "raised_at", "title", OTHERS),
    "escalation_holding": Section(_GAPS, "Who held a gap or block", "from_at"),
    "escalation_pause": Section(_GAPS, "Clock of a gap or block stopped", "from_at"),
    "escalation_step": Section(_GAPS, "Step of a gap or block", "at", "act", OTHERS),
    "group_item": Section(_GAPS, "Decision of the group", "decided_at", look=OTHERS),
    "person_grievance": Section(_GRIEVANCES, "Grievance", "recorded_at", look=COMPLAINT),
    "person_grievance_step": Section(_GRIEVANCES, "Step of a grievance", "at", "act", COMPLAINT),
    "subject_request": Section(_RIGHTS, "Access request", "recorded_at"),
    "subject_step": Section(_RIGHTS, "Step of an access request", "at", "act"),
    "legal_hold": Section(_RIGHTS, "Record kept on hold", "begun_at", "ground", OTHERS),
    "retention_review": Section(_RIGHTS, "How long the record is kept", "listed_at", "decision"),
}

#: Every table that belongs to a person and is not in the pack, with the reason.
NOT_IN_PACK = {
    "person_trigram": "three letters at a time of the name: an index for searching, made from what the pack shows",
    "person_name_key": "words of the name with a letter left out: the same",
    "notification": "that a worker was told of an event; the event itself is in the pack, and the notice holds no words",
    "escalation_notice": "which gap or block such a notice leads to",
    "restricted_access": "who may read what is kept apart: of the section, and with it outside every copy",
    "restricted_reader": "for whom a narrower entry was written: as above",
    "restricted_handover": "to whom what is kept apart was handed: as above",
    "restricted_handover_entry": "which entries were handed over: as above",
    "subject_item": "the copy that was gathered for a pack: the thing itself is in the pack",
    "subject_pack": "an earlier pack, which the person has",
}

#: Tables with a column of such a name and no foreign key: found by name, and met by hand.
BY_NAME = {
    "audit_entry": "who looked: a part of the pack of its own (held_accesses), and kept after a disposal",
    "disposal": "the certificate, which is made when nothing else is left",
    "reading_finding": "a question about a worker’s reading; it names nobody whose record it was, and is kept as the access record is",
    "disposal_door": "empty outside a disposal",
}

#: What an agency keeps for itself: rows of these are the answering agency's own, never another's.
OWN_ONLY = {
    "person_grievance": "agency_id",
    "subject_request": "agency_id",
    "legal_hold": "agency_id",
    "retention_review": "agency_id",
}
#: The worker whom a row is about, who neither reads nor decides it.
NOT_FOR = {"person_grievance": "about_user_id"}

#: Rows whose words never leave the restricted section: in the pack they are counted, never shown (X-6).
SEALED = {
    "restricted_entry": lambda row: True,
    "disclosure": lambda row: row["in_section"] or row["child_protection"],
}

#: Columns that are keys or machinery and say nothing.
SILENT = {"id", "version", "position", "key", "held_in", "held_key", "sequence", "protocol_version"}


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held, in words. `look` says why it is looked at before it is given, `not_for` who may not."""

    table: str
    key: str
    section: str
    at: datetime | None
    title: str
    fields: tuple[tuple[str, str], ...]
    look: str
    not_for: int | None


def belonging(metadata=Base.metadata) -> dict[str, list[tuple[str, str]]]:
    """Every table that belongs to a person: {table: [(column, the table it leads to), …]}, parents first. The person's
    own row has no column."""
    ties: dict[str, list[tuple[str, str]]] = {Person.__tablename__: []}
    for table in metadata.sorted_tables:
        found = sorted(
            (key.parent.name, key.column.table.name)
            for key in table.foreign_keys
            if key.column.table.name in ties and key.column.table is not table
        )
        if found:
            ties[table.name] = found
    return ties


def named_like_it(metadata=Base.metadata) -> set[str]:
    """Tables that no foreign key ties to a person, but that have a column named as if one did."""
    known = belonging(metadata)
    names = {"person_id", "case_id", "cases", "people"}
    return {
        table.name
        for table in metadata.sorted_tables
        if table.name not in known and names & {column.name for column in table.columns}
    }


def walk(
    person_id: int | None,
    case_ids: Iterable[int],
    *,
    agency_id: int | None = None,
    own_of: int | None = None,
    former: list[int] | None = None,
    cut: dict | None = None,
    whole_rows: bool = True,
) -> Iterator[tuple[str, list]]:
    """Every table that belongs, parents first, with the rows of this person: the cases named, what hangs on them, and,
    where `person_id` is given, the person's own row and what hangs on it. With an agency, what each agency keeps for
    itself is that one's only; `own_of` names the person whose such rows count although the person's own row does not.
    With `cut` (policy.former_leads: table → what of it is the agency's) also what a lead agency keeps for itself is that
    one's only, and of `former` cases, which the agency handed over, that is all there is. Without `whole_rows`, only the keys."""
    ids: dict[str, list] = {"person": [person_id] if person_id else [], "case": sorted(case_ids)}
    for name, ties in belonging().items():
        table = Base.metadata.tables[name]
        if name in ids:
            ties = [("id", name)]
        columns = list(table.columns) if whole_rows else list(table.primary_key.columns)
        own = OWN_ONLY.get(name) if agency_id is not None else None
        kept = cut.get(name) if cut else None
        rows: dict[tuple, object] = {}
        for column, target in ties:
            sought = [own_of] if own and target == "person" and own_of else ids.get(target, [])
            ours = kept and kept.rows
            if kept and target == "case" and former:
                sought = sorted({*sought, *former})
            elif kept and kept.own is not None and target == "person" and former and not sought:
                sought, ours = [own_of], kept.own
            for chunk in pieces(sought):
                statement = select(*columns).where(table.c[column].in_(chunk))
                if own:
                    statement = statement.where(table.c[own] == agency_id)
                values = {}
                if kept:
                    statement = _with_case(statement, table, kept).where(ours)
                    values = former_leads.binds_of(agency_id)
                for row in db.session.execute(statement, values).mappings():
                    rows[tuple(row[key.name] for key in table.primary_key.columns)] = row
        if "id" in table.c:
            ids[name] = sorted(key[0] for key in rows)
        yield name, list(rows.values())


def stayed(agency_id: int, person_id: int, former: Iterable[int]) -> dict[str, list]:
    """Of cases that the agency handed over, what stayed with it alone and goes when its time is over: the keys by table,
    parents first."""
    former = sorted(former)
    cut = former_leads.stayed(_given_on(former))
    return dict(
        walk(None, (), agency_id=agency_id, own_of=person_id, former=former, cut=cut, whole_rows=False)
    )


def _given_on(case_ids) -> set[int]:
    """Entries kept apart that were handed to the agency that leads now, and what these correct."""
    corrects, given = {}, set()
    for chunk in pieces(case_ids):
        rows = db.session.execute(
            select(RestrictedEntry.id, RestrictedEntry.corrects_id, HANDED_TO_LEAD)
            .join(Case, Case.id == RestrictedEntry.case_id)
            .where(Case.id.in_(chunk))
        )
        for entry_id, corrected, handed in rows:
            corrects[entry_id] = corrected
            if handed:
                given.add(entry_id)
    reached = set()
    while given:
        reached |= given
        given = {corrects[one] for one in given if corrects.get(one)} - reached
    return reached


def _with_case(statement, table, kept):
    """The statement with the case of its rows beside it."""
    for other, on in kept.joins or ((Case, Case.id == table.c.case_id),):
        statement = statement.outerjoin(other, on)
    return statement


def held(
    person_id: int,
    case_ids: Iterable[int],
    *,
    person_too: bool,
    agency_id: int,
    former: Iterable[int] = (),
) -> list[Held]:
    """What the agency holds about the person, in words and in the order of the pack: of the cases named, and of the
    `former` ones, which it handed over, what stayed with it. What an earlier lead agency kept for itself is that agency's
    (policy.former_leads)."""
    whom = person_id if person_too else None
    former = sorted(former)
    rows_of = walk(
        whom, case_ids, agency_id=agency_id, own_of=person_id, former=former, cut=former_leads.KEPT
    )
    found = {name: rows for name, rows in rows_of if rows}
    names = _Names(found)
    shut = {
        row["id"]
        for row in found.get("disclosure", ())
        if SEALED["disclosure"](row) or row["agency_id"] != agency_id
    }
    gone_over = former or any(row["lead_since"] for row in found.get("case", ()))
    things = []
    for name, section in SECTIONS.items():
        rows = [
            _thing(name, section, row, names, agency_id, _silent(name, row, agency_id, gone_over))
            for row in found.get(name, ())
            if not (name == "disclosure_step" and row["disclosure_id"] in shut)
        ]
        things += sorted(rows, key=lambda one: (one.at is not None, one.at, one.key))
    return things


def _silent(name, row, agency_id, gone_over) -> tuple[str, ...]:
    """Columns of this row that stay with the agency that wrote them."""
    kept = former_leads.KEPT.get(name)
    if kept is None or not kept.by or not (gone_over or kept.always):
        return ()
    return kept.silent if row[kept.by] != agency_id else ()


class _Names:
    """Names of the users and agencies that the rows mention."""

    def __init__(self, found):
        users, agencies = set(), set()
        for name, rows in found.items():
            for column in Base.metadata.tables[name].columns:
                into = {"user": users, "agency": agencies}.get(_target(column))
                if into is not None:
                    into.update(row[column.name] for row in rows if row[column.name] is not None)
        self.user = _named(User, users)
        self.agency = _named(Agency, agencies)


def _named(table, ids):
    names = {}
    for chunk in pieces(sorted(ids)):
        names |= {
            row.id: row.name
            for row in db.session.execute(select(table.id, table.name).where(table.id.in_(chunk)))
        }
    return names


def _target(column):
    return next((key.column.table.name for key in column.foreign_keys), None)


def _thing(name, section, row, names, agency_id, silent=()) -> Held:
    table = Base.metadata.tables[name]
    key = ".".join(str(row[column.name]) for column in table.primary_key.columns)[:80]
    at = _moment(row[section.when]) if section.when else None
    if name in SEALED and SEALED[name](row):
        return Held(name, key, section.title, at, "Information that is kept apart", (), APART, None)
    fields = []
    for column in table.columns:
        if column.name in SILENT or column.name in silent or row[column.name] in (None, ""):
            continue
        target = _target(column)
        value = row[column.name]
        if target in ("user", "agency"):
            text = getattr(names, target).get(value, "")
        elif target is not None or (column.name.endswith("_id") and isinstance(value, int)):
            continue
        else:
            text = said(value)
        if text:
            fields.append((label(column.name), text))
    named = row[section.said] if section.said and section.said not in silent else None
    title = section.one if named in (None, "") else f"{section.one}: {said(named)}"
    by = row.get("agency_id") if name not in ("case", "case_agency", "subject_request") else None
    look = section.look
    if look and by is not None and by != agency_id and names.agency.get(by):
        look = f"Written by {names.agency[by]}: ask them first"
    not_for = row[NOT_FOR[name]] if name in NOT_FOR else None
    return Held(name, key, section.title, at, title[:300], tuple(fields), look, not_for)


def _moment(value) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return clock.at_local(value, time())


# --- what an agency answers for ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keeps:
    """What of a person an agency keeps and answers for: the cases that it leads or led, and the person's own row unless
    somebody else leads a later episode. Of the `former` ones, which it handed over, only what stayed with it."""

    cases: tuple[int, ...]
    person_too: bool
    former: tuple[int, ...] = ()


def kept_by(agency_id: int, person_id: int) -> Keeps:
    """What the agency answers for. Another agency's cases are that agency's own to answer for."""
    rows = db.session.execute(
        select(Case.id, Case.lead_agency_id).where(Case.person_id == person_id).order_by(Case.episode)
    ).all()
    cases = tuple(row.id for row in rows if row.lead_agency_id == agency_id)
    if rows:
        former = select(Case.id).where(Case.person_id == person_id, former_leads.LED_BEFORE)
        before = db.session.scalars(former.order_by(Case.episode), former_leads.binds_of(agency_id))
        return Keeps(cases, rows[-1].lead_agency_id == agency_id, tuple(before))
    registered = db.session.scalar(
        select(Person.id).where(Person.id == person_id, Person.registered_by_agency_id == agency_id)
    )
    return Keeps((), registered is not None)
