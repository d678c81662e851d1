"""Every route says who may use it, or the application does not start.

`@public`, `@signed_in`, `@allowed(Do.X)` for acts on no record, `@on_case(Do.X)` and `@on_person(Do.X)` for acts on one:
these load the record through policy.scopes (unseen is 404), ask policy.rules (refused is 403), note the reading in the
audit record, and hand the view the record instead of an id.
"""

from functools import wraps

from flask import abort, g, request
from flask_login import current_user

from caseapp import clock
from caseapp.policy import (
    chapters,
    disclosures,
    emergency,
    escalations,
    grievances,
    kept_apart,
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
from caseapp.web.transactions import end_reading


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


def on_record(
    act: Do,
    reads: str | None = None,
    *,
    argument,
    gives,
    find,
    about=lambda record: {},
    sought=lambda key: {},
):
    """The guard behind on_case and its like: `argument` of the address is looked up by `find(viewer, key)`, which gives
    None for what may not be known of, and handed to the view as `gives`.

    `reads` names, for the audit record, what a page of this route shows; without it the act's own name is used.
    `about(record)` names what the reading is about (case=, case_id=, person_id=, detail=; an empty dict notes no
    reading), `sought(key)` what a refusal was about (reference=, person_id=)."""

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


def _on(argument, gives, find, **more):
    """The guard of one kind of record, `@on_x(Do.X, "what is read")`: see on_record."""

    def on(act: Do, reads: str | None = None):
        return on_record(act, reads, argument=argument, gives=gives, find=find, **more)

    return on


def _reference(reference):
    return {"reference": reference}


#: One case, by `reference`. The view gets `case`, a CaseFile.
on_case = _on("reference", "case", scopes.find_case, about=lambda case: {"case": case}, sought=_reference)

#: One person, by `person_id`. The view gets `person`, a PersonFile.
on_person = _on(
    "person_id",
    "person",
    scopes.find_person,
    about=lambda person: {"person_id": person.id},
    sought=lambda person_id: {"person_id": person_id},
)

#: One meeting, by `meeting_id`. The view gets `meeting`, a MeetingFile.
on_meeting = _on(
    "meeting_id",
    "meeting",
    meetings.find_meeting,
    about=lambda meeting: {"case": meeting.case} if meeting.case else {},
)

#: One gap or block, by `escalation_id`. The view gets `gap`, an EscalationFile.
on_escalation = _on(
    "escalation_id",
    "gap",
    escalations.find_escalation,
    about=lambda gap: {"case_id": gap.case_id, "detail": {"escalation": gap.id}, "ground": gap.ground},
)

#: One grievance between agencies, by `grievance_id`. The view gets `grievance`.
on_provider_grievance = _on(
    "grievance_id",
    "grievance",
    grievances.find_provider_grievance,
    about=lambda grievance: {"detail": {"provider_grievance": grievance.id}},
)

#: One person's own grievance, by `grievance_id`. The view gets `grievance`.
on_person_grievance = _on(
    "grievance_id",
    "grievance",
    grievances.find_person_grievance,
    about=lambda grievance: {"person_id": grievance.person_id, "case_id": grievance.case_id},
)

#: The restricted section of a case, by `reference`. The view gets `section`, a SectionFile, and notes the reading itself,
#: once it shows something: the password may have to be given first.
on_section = _on("reference", "section", restricted.find_section, sought=_reference)

#: What an agency kept apart of a case that it handed over, by `transfer_id`. The view gets `kept`, a KeptApartFile, and notes
#: the reading itself, as on_section's do.
on_kept_apart = _on("transfer_id", "kept", kept_apart.find_kept_apart)

#: One disclosure without consent, by `disclosure_id`. The view gets `disclosure` and notes the reading itself.
on_disclosure = _on("disclosure_id", "disclosure", disclosures.find_disclosure)

#: A person's request for what is kept of them, by `asked_id`. The view gets `asked`, a SubjectFile.
on_subject_request = _on(
    "asked_id", "asked", rights.find_subject_request, about=lambda asked: {"person_id": asked.person_id}
)

#: One thing that was gathered for a request, by `thing_id`. The view gets `item`, an ItemFile.
on_subject_item = _on(
    "thing_id", "item", rights.find_subject_item, about=lambda item: {"person_id": item.request.person_id}
)

#: What has been kept long enough, by `retention_id`. The view gets `review`, a RetentionFile.
on_retention_review = _on(
    "retention_id",
    "review",
    rights.find_retention_review,
    about=lambda review: {"person_id": review.person_id},
)

#: One's own emergency access while it lasts, by `emergency_id`. The view gets `access`, an EmergencyFile; each reading is
#: noted with "emergency" as its ground.
on_emergency = _on(
    "emergency_id", "access", emergency.find_emergency, about=lambda access: {"case": access.subject}
)

#: A privacy officer's act on one emergency access, by `emergency_id`. The view gets `access`, an EmergencyReviewFile.
on_emergency_review = _on(
    "emergency_id",
    "access",
    emergency.find_emergency_review,
    about=lambda access: {"case_id": access.case_id, "detail": {"emergency": access.id}},
)

#: One transfer of a case, by `transfer_id`. The view gets `transfer`, a TransferFile. The reading stands in the person's
#: record whether or not it showed a name; its ground says which.
on_transfer = _on(
    "transfer_id", "transfer", transfers.find_transfer, about=lambda transfer: {"case": transfer.subject}
)

#: The receipt of an agency that handed a case over, where it is about what stayed with that agency: the reading is its own
#: matter with the person, not one of the case's that another leads.
on_handed_over = _on(
    "transfer_id",
    "transfer",
    transfers.find_transfer,
    about=lambda transfer: {"person_id": transfer.person_id},
)

#: One chapter of the own handbook, by `chapter_id`. The view gets `chapter`, a ChapterFile. Procedures are no secret within
#: an agency: reading one is not noted.
on_chapter = _on("chapter_id", "chapter", chapters.find_chapter)

#: What a reader told an editor, by `feedback_id`. The view gets `feedback`, a FeedbackFile.
on_feedback = _on("feedback_id", "feedback", chapters.find_feedback)

#: One's own receipt of reading, by `receipt_id`. The view gets `receipt`, a ReceiptFile.
on_receipt = _on("receipt_id", "receipt", chapters.find_receipt)

#: One of the own staff, by `user_id`, about what they have read. The view gets `reader`, a ReaderFile.
on_reader = _on(
    "user_id", "reader", reading.find_reader, about=lambda reader: {"detail": {"reader": reader.id}}
)

#: One assignment of reading, by `assignment_id`. The view gets `assignment`, an AssignmentFile.
on_assignment = _on("assignment_id", "assignment", reading.find_assignment)

#: One reading set, by `set_id`. The view gets `reading_set`, a SetFile.
on_set = _on("set_id", "reading_set", reading.find_set)

#: A privacy officer's act on one case, by `reference`. The view gets `record`, a RecordFile, and says itself what it shows.
on_privacy_record = _on("reference", "record", privacy.find_record, sought=_reference)

#: One finding of unusual reading, by `finding_id`. The view gets `finding`, a FindingFile. It stands in the officer's own
#: part of the record: whoever it is about is not warned by it.
on_finding = _on(
    "finding_id",
    "finding",
    privacy.find_finding,
    about=lambda finding: {"detail": {"finding": finding.id}},
)


def _of_somebody(subject):
    """Whether what is read is a person's record: only of these very many at once are slowed."""
    return bool(subject.get("case") or subject.get("case_id") or subject.get("person_id"))


def note_reading(
    act: AuditAct, what: str, *, case=None, case_id=None, person_id=None, detail=None, ground=""
) -> None:
    """Leave word that the answer to this request shows a record; written before the answer leaves (after_request). `ground`
    says why they could, where no case says it.

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
            ground=ground,
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
    end_reading()
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
