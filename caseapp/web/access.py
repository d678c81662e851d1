"""Every route says who may use it, or the application does not start.

`@public`, `@signed_in`, `@allowed(Do.X)` for acts on no record, `@on_case(Do.X)` and `@on_person(Do.X)` for acts on one:
these load the record through policy.scopes (unseen is 404), ask policy.rules (refused is 403), note the reading in the
audit record, and hand the view the record instead of an id.
"""

from functools import wraps

from flask import abort, g, request
from flask_login import current_user

from caseapp import clock
from caseapp.extensions import db
from caseapp.policy import (
    chapters,
    disclosures,
    emergency,
    escalations,
    grievances,
    meetings,
    privacy,
    reading,
    restricted,
    rights,
    rules,
    scopes,
    transfers,
)
from caseapp.policy.do import Do
from caseapp.services import audit
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct
from caseapp.web import pace
from caseapp.web.sessions import unauthorised, viewer


def public(view):
    """Anybody, signed in or not."""
    view.access = "public"
    return view


def signed_in(view):
    """Any member of staff with a live session."""

    @wraps(view)
    def guarded(**kwargs):
        return view(**kwargs) if current_user.is_authenticated else unauthorised()

    guarded.access = "signed-in"
    return guarded


def allowed(act: Do):
    """Those whose roles allow an act that is about no record in particular."""

    def guard(view):
        @wraps(view)
        def guarded(**kwargs):
            if not current_user.is_authenticated:
                return unauthorised()
            if not rules.may(viewer(), act):
                _refuse(act, 403)
            return view(**kwargs)

        guarded.access = act.value
        return guarded

    return guard


def on_case(act: Do, reads: str | None = None):
    """An act on one case, given by `reference` in the address. The view gets `case`, a CaseFile.

    `reads` names, for the audit record, what a page of this route shows; without it the act's own name is used."""
    return on_record(
        act,
        reads,
        argument="reference",
        gives="case",
        find=scopes.find_case,
        about=lambda case: {"case": case},
        sought=lambda reference: {"reference": reference},
    )


def on_person(act: Do, reads: str | None = None):
    """An act on one person, given by `person_id` in the address. The view gets `person`, a PersonFile."""
    return on_record(
        act,
        reads,
        argument="person_id",
        gives="person",
        find=scopes.find_person,
        about=lambda person: {"person_id": person.id},
        sought=lambda person_id: {"person_id": person_id},
    )


def on_meeting(act: Do, reads: str | None = None):
    """An act on one meeting, given by `meeting_id` in the address. The view gets `meeting`, a MeetingFile."""
    return on_record(
        act,
        reads,
        argument="meeting_id",
        gives="meeting",
        find=meetings.find_meeting,
        about=lambda meeting: {"case": meeting.case} if meeting.case else {},
    )


def on_escalation(act: Do, reads: str | None = None):
    """An act on one gap or block, given by `escalation_id` in the address. The view gets `gap`, an EscalationFile."""
    return on_record(
        act,
        reads,
        argument="escalation_id",
        gives="gap",
        find=escalations.find_escalation,
        about=lambda gap: {"case_id": gap.case_id, "detail": {"escalation": gap.id}},
    )


def on_provider_grievance(act: Do, reads: str | None = None):
    """An act on one grievance between agencies, given by `grievance_id`. The view gets `grievance`."""
    return on_record(
        act,
        reads,
        argument="grievance_id",
        gives="grievance",
        find=grievances.find_provider_grievance,
        about=lambda grievance: {"detail": {"provider_grievance": grievance.id}},
    )


def on_person_grievance(act: Do, reads: str | None = None):
    """An act on one person's own grievance, given by `grievance_id`. The view gets `grievance`."""
    return on_record(
        act,
        reads,
        argument="grievance_id",
        gives="grievance",
        find=grievances.find_person_grievance,
        about=lambda grievance: {"person_id": grievance.person_id, "case_id": grievance.case_id},
    )


def on_section(act: Do):
    """An act on the restricted section of a case, given by `reference`. The view gets `section`, a SectionFile, and
    notes the reading itself, once it shows something: the password may have to be given first."""
    return on_record(
        act,
        argument="reference",
        gives="section",
        find=restricted.find_section,
        about=lambda section: {},
        sought=lambda reference: {"reference": reference},
    )


def on_disclosure(act: Do):
    """An act on one disclosure without consent, given by `disclosure_id`. The view gets `disclosure` and notes the
    reading itself."""
    return on_record(
        act,
        argument="disclosure_id",
        gives="disclosure",
        find=disclosures.find_disclosure,
        about=lambda disclosure: {},
    )


def on_subject_request(act: Do, reads: str | None = None):
    """An act on a person's request for what is kept of them, given by `asked_id`. The view gets `asked`."""
    return on_record(
        act,
        reads,
        argument="asked_id",
        gives="asked",
        find=rights.find_subject_request,
        about=lambda asked: {"person_id": asked.person_id},
    )


def on_subject_item(act: Do, reads: str | None = None):
    """An act on one thing that was gathered for a request, given by `thing_id`. The view gets `item`, an ItemFile."""
    return on_record(
        act,
        reads,
        argument="thing_id",
        gives="item",
        find=rights.find_subject_item,
        about=lambda item: {"person_id": item.request.person_id},
    )


def on_retention_review(act: Do, reads: str | None = None):
    """An act on what has been kept long enough, given by `retention_id`. The view gets `review`, a RetentionFile."""
    return on_record(
        act,
        reads,
        argument="retention_id",
        gives="review",
        find=rights.find_retention_review,
        about=lambda review: {"person_id": review.person_id},
    )


def on_emergency(act: Do, reads: str | None = None):
    """An act on one's own emergency access while it lasts, given by `emergency_id`. The view gets `access`, an
    EmergencyFile; each reading is noted with "emergency" as its ground."""
    return on_record(
        act,
        reads,
        argument="emergency_id",
        gives="access",
        find=emergency.find_emergency,
        about=lambda access: {"case": access.subject},
    )


def on_emergency_review(act: Do, reads: str | None = None):
    """A privacy officer's act on one emergency access, given by `emergency_id`. The view gets `access`."""
    return on_record(
        act,
        reads,
        argument="emergency_id",
        gives="access",
        find=emergency.find_emergency_review,
        about=lambda access: {"case_id": access.case_id, "detail": {"emergency": access.id}},
    )


def on_transfer(act: Do, reads: str | None = None):
    """An act on one transfer of a case, given by `transfer_id`. The view gets `transfer`, a TransferFile. The reading
    stands in the person's record whether or not it showed a name; its ground says which."""
    return on_record(
        act,
        reads,
        argument="transfer_id",
        gives="transfer",
        find=transfers.find_transfer,
        about=lambda transfer: {"case": transfer.subject},
    )


def on_chapter(act: Do):
    """An act on one chapter of the own handbook, given by `chapter_id` in the address. The view gets `chapter`, a
    ChapterFile. Procedures are no secret within an agency: reading one is not noted."""
    return on_record(
        act, argument="chapter_id", gives="chapter", find=chapters.find_chapter, about=lambda chapter: {}
    )


def on_feedback(act: Do):
    """An act on what a reader told an editor, given by `feedback_id`. The view gets `feedback`, a FeedbackFile."""
    return on_record(
        act, argument="feedback_id", gives="feedback", find=chapters.find_feedback, about=lambda feedback: {}
    )


def on_receipt(act: Do):
    """An act on one's own receipt of reading, given by `receipt_id`. The view gets `receipt`, a ReceiptFile."""
    return on_record(
        act, argument="receipt_id", gives="receipt", find=chapters.find_receipt, about=lambda receipt: {}
    )


def on_reader(act: Do, reads: str | None = None):
    """An act on one of the own staff, given by `user_id`, about what they have read. The view gets `reader`."""
    return on_record(
        act,
        reads,
        argument="user_id",
        gives="reader",
        find=reading.find_reader,
        about=lambda reader: {"detail": {"reader": reader.id}},
    )


def on_assignment(act: Do):
    """An act on one assignment of reading, given by `assignment_id`. The view gets `assignment`, an AssignmentFile."""
    return on_record(
        act, argument="assignment_id", gives="assignment", find=reading.find_assignment, about=lambda one: {}
    )


def on_set(act: Do):
    """An act on one reading set, given by `set_id`. The view gets `reading_set`, a SetFile."""
    return on_record(act, argument="set_id", gives="reading_set", find=reading.find_set, about=lambda one: {})


def on_privacy_record(act: Do):
    """An act of a privacy officer on one case, given by `reference`. The view gets `record`, a RecordFile, and says itself
    what it shows."""
    return on_record(
        act,
        argument="reference",
        gives="record",
        find=privacy.find_record,
        about=lambda record: {},
        sought=lambda reference: {"reference": reference},
    )


def on_finding(act: Do, reads: str | None = None):
    """An act on one finding of unusual reading, given by `finding_id`. The view gets `finding`, a FindingFile. It stands
    in the officer's own part of the record: whoever it is about is not warned by it."""
    return on_record(
        act,
        reads,
        argument="finding_id",
        gives="finding",
        find=privacy.find_finding,
        about=lambda finding: {"detail": {"finding": finding.id}},
    )


def on_record(act: Do, reads: str | None = None, *, argument, gives, find, about, sought=lambda key: {}):
    """The guard behind on_case and its like, for a new kind of record: `argument` of the address is looked up by
    `find(viewer, key)`, which gives None for what may not be known of, and handed to the view as `gives`.

    `about(record)` names what the reading is about (case=, case_id=, person_id=; an empty dict notes no reading),
    `sought(key)` what a refusal was about (reference=, person_id=)."""

    def guard(view):
        @wraps(view)
        def guarded(**kwargs):
            if not current_user.is_authenticated:
                return unauthorised()
            key = kwargs.pop(argument)
            record = find(viewer(), key)
            if record is None:
                _refuse(act, 404, **sought(key))
            if not rules.may(viewer(), act, record):
                _refuse(act, 403, **sought(key))
            if subject := about(record):
                if _of_somebody(subject) and (answer := pace.held(act.value, **sought(key))) is not None:
                    return answer
                note_reading(AuditAct.READ, reads or act.value, **subject)
            return view(**{gives: record}, **kwargs)

        guarded.access = act.value
        return guarded

    return guard


def _of_somebody(subject):
    """Whether what is read is a person's record: only of these very many at once are slowed."""
    return bool(subject.get("case") or subject.get("case_id") or subject.get("person_id"))


def note_reading(act: AuditAct, what: str, *, case=None, case_id=None, person_id=None, detail=None) -> None:
    """Leave word that the answer to this request shows a record; written before the answer leaves (after_request).

    The first word about a record counts; `replace_reading` gives a better one (an export, a print)."""
    entries = g.setdefault("readings", [])
    entries.append(
        audit.entry(
            viewer(),
            act,
            what,
            at=clock.now(),
            case=case,
            case_id=case_id,
            person_id=person_id,
            address=request.remote_addr or "",
            detail=detail,
        )
    )


def replace_reading(act: AuditAct, what: str, **about) -> None:
    """Say better what this answer is: a print or an export instead of a reading."""
    g.pop("readings", None)
    note_reading(act, what, **about)


def _refuse(act, status, reference=None, person_id=None):
    """Record the refusal, in its own transaction, and answer. The same statement runs for a record that is not there
    and for one that may not be known of."""
    db.session.rollback()
    g.refused = True  # and not once more when the answer leaves (web.reading)
    with unit_of_work():
        audit.write_refusal(
            viewer(),
            act.value,
            at=clock.now(),
            reference=reference,
            address=request.remote_addr or "",
            person_id=person_id,
        )
    abort(status)


def refuse_unguarded(app) -> None:
    """Stop the start if a route has no access word."""
    app.view_functions["static"].access = "public"
    bare = sorted(
        {
            r.endpoint
            for r in app.url_map.iter_rules()
            if not hasattr(app.view_functions[r.endpoint], "access")
        }
    )
    if bare:
        raise RuntimeError(f"no access rule on: {', '.join(bare)}")
