"""What is kept apart from a case's record (X-6): written down, corrected by a further entry, never changed (X-12).

No use case here writes a line of the timeline or leaves word: that something stands in the section is known to its
readers only. The audit record says "the restricted section", and nothing of what stands there.
"""

from datetime import date, datetime

from sqlalchemy import bindparam, insert, select, update

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Agency, RestrictedAccess, RestrictedEntry, RestrictedHandover
from caseapp.models.base import Id
from caseapp.models.restricted import RestrictedHandoverEntry, RestrictedReader
from caseapp.policy import restricted as policy
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.policy.restricted import SECTION, SectionFile
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import restricted_access as reads
from caseapp.queries.accounts import viewer_for
from caseapp.services import audit
from caseapp.services.case_hold import hold, live_worker
from caseapp.services.transaction import use_case
from caseapp.vocabulary import RestrictedKind

_ACCESS = RestrictedAccess.__table__
_HANDOVER = RestrictedHandover.__table__

#: Kinds that are always looked at by hand before a copy is given: somebody else gave them, or they are about others.
OF_OTHERS = (RestrictedKind.SOCIAL_WORK, RestrictedKind.CONFERENCE, RestrictedKind.THIRD_PARTY)


@use_case
def add(
    section: SectionFile,
    *,
    actor: Viewer,
    at: datetime,
    kind: RestrictedKind | str,
    given_by: str,
    received_on: date | None,
    text: str,
    why: str,
    known_to: str = "",
    third_party: bool = False,
    narrow: bool = False,
    reader_ids: tuple[int, ...] = (),
    corrects_id: int | None = None,
) -> int:
    """Write an entry. `received_on` is a local day. A `narrow` one is read by the line manager, by whoever wrote it and
    by `reader_ids`, who must stand on the list. With `corrects_id` it is added to an entry that the actor reads, which
    stays as it is, and is as narrow as that one. Raises RuleBroken. Returns its id."""
    held = hold(section.case, even_closed=True)
    if not rules.may(actor, Do.ADD_RESTRICTED, _again(section, actor)):
        raise NotAllowed
    if not text:
        raise RuleBroken("Write what was said or given", "text")
    if not why:
        raise RuleBroken("Say why it is kept apart", "why")
    if not given_by:
        raise RuleBroken("Say who gave it", "given_by")
    if received_on is None or received_on > clock.local_day(at):
        raise RuleBroken("Give the day on which it was received", "received_on")
    kind = RestrictedKind(kind)
    if corrects_id is not None:
        file = policy.find_entry(actor, section.reference, corrects_id)
        if file is None:
            raise NotVisible
        narrow, reader_ids = file.narrow, tuple(reads.readers_of(corrects_id)) if file.narrow else ()
    elif narrow:
        known = {one.user_id for one in reads.on_the_list(section, viewer=actor)}
        if not set(reader_ids) <= known:
            raise RuleBroken("Choose among those who stand on the list", "readers")
    entry_id = _store(
        section.id,
        held.lead_agency_id,
        actor,
        at,
        kind=kind,
        given_by=given_by,
        received_on=received_on,
        text=text,
        why=why,
        known_to=known_to,
        third_party=third_party or kind in OF_OTHERS,
        narrow=narrow,
        corrects_id=corrects_id,
    )
    for user_id in sorted(set(reader_ids)) if narrow else ():
        db.session.execute(
            insert(RestrictedReader.__table__).values(entry_id=entry_id, user_id=user_id),
        )
    words = "an entry added" if corrects_id is None else "a correction added"
    audit.record(actor, f"{SECTION}: {words}", at=at, case=section.case, detail={"entry": entry_id})
    return entry_id


@use_case
def receive(
    case: CaseFile, *, actor: Viewer, at: datetime, given_by: str, received_on: date, text: str, why: str
) -> int:
    """Put into the section what social work of another agency gives for it with the record of a conference (F12).
    Whoever gives it need not stand on its list, and does not read it here afterwards. Returns its id."""
    held = hold(case)
    entry_id = _store(
        case.id,
        held.lead_agency_id,
        actor,
        at,
        kind=RestrictedKind.CONFERENCE,
        given_by=given_by,
        received_on=received_on,
        text=text,
        why=why,
        known_to="",
        third_party=True,
        narrow=False,
        corrects_id=None,
    )
    audit.record(actor, f"{SECTION}: an entry given to it", at=at, case=case, detail={"entry": entry_id})
    return entry_id


def _store(case_id, agency_id, actor, at, **values) -> int:
    entry_id = new_id()
    db.session.execute(
        insert(RestrictedEntry.__table__).values(
            id=entry_id,
            case_id=case_id,
            agency_id=agency_id,
            author_id=actor.user_id,
            written_at=at,
            **values,
        )
    )
    return entry_id


# --- who may read it ---------------------------------------------------------------------------------------------


@use_case
def name_reader(
    section: SectionFile,
    *,
    actor: Viewer,
    at: datetime,
    user_id: int | None,
    reason: str,
    until_on: date | None = None,
) -> int:
    """The line manager of the case names a worker of the own agency, with a reason; `until_on` is the last local day,
    if there is one. Nobody who may not see the case at all (X-8). Returns the id of the place on the list."""
    held = hold(section.case)
    if not rules.may(actor, Do.NAME_READERS, _again(section, actor)):
        raise NotAllowed
    if not reason:
        raise RuleBroken("Say why they need to read it", "reason")
    if until_on is not None and until_on < clock.local_day(at):
        raise RuleBroken("This day is past", "until_on")
    worker = live_worker(user_id, held.lead_agency_id, field="user_id")
    if any(one.user_id == worker.id for one in reads.on_the_list(section, viewer=actor)):
        raise RuleBroken(f"{worker.name} stands on the list already", "user_id")
    other = viewer_for(worker.id)
    if other is None or scopes.find_case_by_id(other, section.id) is None:
        raise RuleBroken(
            "This worker may not open the case, so they cannot read what is kept apart", "user_id"
        )
    #: one that ran out makes place for the next
    db.session.execute(
        update(_ACCESS)
        .where(_ACCESS.c.case_id == section.id, _ACCESS.c.user_id == worker.id, _ACCESS.c.ended_at.is_(None))
        .values(ended_at=at, ended_by_id=actor.user_id, ended_reason="Ran out")
    )
    access_id = new_id()
    db.session.execute(
        insert(_ACCESS).values(
            id=access_id,
            case_id=section.id,
            agency_id=held.lead_agency_id,
            user_id=worker.id,
            reason=reason,
            given_at=at,
            given_by_id=actor.user_id,
            until_on=until_on,
            ended_reason="",
        )
    )
    audit.record(actor, f"{SECTION}: a reader named", at=at, case=section.case, detail={"reader": worker.id})
    return access_id


@use_case
def end_reader(section: SectionFile, *, actor: Viewer, at: datetime, access_id: int, reason: str) -> int:
    """A named worker reads it no more, from now on; the row stays. Ending what has ended changes nothing."""
    hold(section.case, even_closed=True)
    if not (found := _again(section, actor)) or not found.manages:
        raise NotAllowed
    row = db.session.execute(
        select(_ACCESS.c.user_id, _ACCESS.c.ended_at).where(
            _ACCESS.c.id == access_id, _ACCESS.c.case_id == section.id
        )
    ).first()
    if row is None:
        raise NotVisible
    if row.ended_at is not None:
        return access_id
    if not reason:
        raise RuleBroken("Say why it ends", "reason")
    db.session.execute(
        update(_ACCESS)
        .where(_ACCESS.c.id == access_id)
        .values(ended_at=at, ended_by_id=actor.user_id, ended_reason=reason)
    )
    audit.record(
        actor, f"{SECTION}: a reader’s place ended", at=at, case=section.case, detail={"reader": row.user_id}
    )
    return access_id


# --- another agency leads ----------------------------------------------------------------------------------------


@use_case
def hand_over(
    section: SectionFile,
    *,
    actor: Viewer,
    at: datetime,
    to_agency_id: int | None,
    entry_ids: tuple[int, ...],
    social_worker: str,
    agreed_on: date | None,
    agreed_how: str,
) -> int:
    """The line manager hands entries to the agency that is to lead next, each chosen, with the social worker's
    agreement. Nothing opens before that agency leads the case; what is not chosen stays shut. Returns its id."""
    held = hold(section.case)
    if not rules.may(actor, Do.HAND_OVER_RESTRICTED, _again(section, actor)):
        raise NotAllowed
    there = to_agency_id and db.session.scalar(
        select(Agency.id).where(Agency.id == to_agency_id, Agency.active)
    )
    if there is None or there == held.lead_agency_id:
        raise RuleBroken("Choose the agency that is to lead", "to_agency_id")
    seen = {one for one in entry_ids if policy.find_entry(actor, section.reference, one)}
    if not entry_ids or seen != set(entry_ids):
        raise RuleBroken("Choose what is handed over", "entries")
    if not social_worker:
        raise RuleBroken("Name the social worker who agreed, and their office", "social_worker")
    if agreed_on is None or agreed_on > clock.local_day(at):
        raise RuleBroken("Say on which day they agreed", "agreed_on")
    if not agreed_how:
        raise RuleBroken("Say how they agreed, and to what", "agreed_how")
    handover_id = new_id()
    db.session.execute(
        insert(_HANDOVER).values(
            id=handover_id,
            case_id=section.id,
            from_agency_id=held.lead_agency_id,
            to_agency_id=there,
            social_worker=social_worker,
            agreed_on=agreed_on,
            agreed_how=agreed_how,
            made_at=at,
            made_by_id=actor.user_id,
        )
    )
    db.session.execute(
        insert(RestrictedHandoverEntry.__table__),
        [{"handover_id": handover_id, "entry_id": one} for one in sorted(seen)],
    )
    audit.record(
        actor,
        f"{SECTION}: handed over, with the social worker’s agreement",
        at=at,
        case=section.case,
        detail={"handover": handover_id},
    )
    return handover_id


@use_case
def take_back(section: SectionFile, *, actor: Viewer, at: datetime, handover_id: int) -> int:
    """The line manager takes a hand-over back, while the own agency still leads. Returns its id."""
    hold(section.case)
    if not rules.may(actor, Do.HAND_OVER_RESTRICTED, _again(section, actor)):
        raise NotAllowed
    row = db.session.execute(
        select(_HANDOVER.c.taken_back_at).where(
            _HANDOVER.c.id == handover_id,
            _HANDOVER.c.case_id == section.id,
            _HANDOVER.c.from_agency_id == actor.agency_id,
        )
    ).first()
    if row is None:
        raise NotVisible
    if row.taken_back_at is None:
        db.session.execute(
            update(_HANDOVER)
            .where(_HANDOVER.c.id == handover_id)
            .values(taken_back_at=at, taken_back_by_id=actor.user_id)
        )
        audit.record(
            actor,
            f"{SECTION}: a hand-over taken back",
            at=at,
            case=section.case,
            detail={"handover": handover_id},
        )
    return handover_id


LED_ON = "Another agency leads"
_STILL_OPEN = (
    update(_ACCESS)
    .where(_ACCESS.c.case_id == bindparam("of_case", type_=Id), _ACCESS.c.ended_at.is_(None))
    .values(
        ended_at=bindparam("moment"), ended_by_id=bindparam("by", type_=Id), ended_reason=bindparam("why")
    )
)


@use_case
def lead_changed(
    case_id: int,
    *,
    actor: Viewer,
    at: datetime,
    old_agency_id: int | None = None,
    old_line_manager_id: int | None = None,
) -> None:
    """To be called when another agency takes the lead: every named worker's place ends for good, so that it does not
    come back should the lead return. Reading is shut already, as each place is good only under its own agency's lead.
    The line manager of the case until then, whom the case forgets, is written down with a place that begins and ends
    now: what stays with the agency that led is read by those who stood on its list (policy.kept_apart)."""
    db.session.execute(
        _STILL_OPEN,
        {"of_case": case_id, "moment": at, "by": actor.user_id, "why": LED_ON},
    )
    if old_line_manager_id is not None:
        db.session.execute(
            insert(_ACCESS),
            {
                "id": new_id(),
                "case_id": case_id,
                "agency_id": old_agency_id,
                "user_id": old_line_manager_id,
                "reason": "Line manager of the case until it went over",
                "given_at": at,
                "given_by_id": actor.user_id,
                "ended_at": at,
                "ended_by_id": actor.user_id,
                "ended_reason": LED_ON,
            },
        )


def _again(section: SectionFile, actor: Viewer) -> SectionFile:
    """The section as it is now that the case is held: whoever lost their place meanwhile is refused."""
    found = policy.find_section(actor, section.reference)
    if found is None:
        raise NotVisible
    return found
