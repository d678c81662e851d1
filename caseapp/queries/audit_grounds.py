"""Why somebody could look, in words: what they were to the case at that moment, or on which consent (X-5, X-13)."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from caseapp import clock, dates
from caseapp.extensions import db, read
from caseapp.models import Case, CaseAssignment, ConsentGrant, User
from caseapp.models.base import Id
from caseapp.policy import escalations
from caseapp.policy.scopes import CaseFile
from caseapp.vocabulary import AuditAct, Role

_CASE = bindparam("case_id", type_=Id)
_HELD = select(
    CaseAssignment.user_id, CaseAssignment.role, CaseAssignment.from_at, CaseAssignment.to_at
).where(CaseAssignment.case_id == _CASE)
_GRANTS = select(
    ConsentGrant.id, ConsentGrant.recorded_at, ConsentGrant.starts_on, ConsentGrant.full_plan
).where(ConsentGrant.case_id == _CASE)
_MANAGER = select(Case.line_manager_id).where(Case.id == _CASE)

LEAD, CONSENT, EMERGENCY = "lead agency", "consent", "emergency"
#: Grounds that say it all by themselves.
PLAIN = {
    EMERGENCY: "Emergency access",
    "privacy officer": "Privacy officer, looking after the record",
    "disclosure": "A disclosure on a ground in law",
    escalations.OWN_GAP: "A gap or block that their own agency raised",
    escalations.FOLLOWED_GAP: "A gap or block that stops their action, or is joined to theirs",
    escalations.LADDER: "They answer on the ladder of a gap or block, which names nobody",
    escalations.NAMED_LADDER: "They answer on the ladder of a gap or block; the person agreed to be named",
}
#: What the audit record calls a look at a gap or block; older looks were written down without their ground.
A_GAP = "a gap or block"


def in_words(ground: str, what: str = "") -> str:
    """A ground as people read it; for a look at a gap or block that has none, who reads those. Else empty."""
    if not ground and what.startswith(A_GAP):
        return "A gap or block: they raised it, it touches their work, or they answer on its ladder"
    return PLAIN.get(ground, ground[:1].upper() + ground[1:])


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is needed to say it for the entries of one case: read once, whatever their number."""

    held: dict[int, list[tuple]]
    grants: dict[int, str]
    line_manager_id: int | None
    managers: frozenset[int]

    def of(self, entry) -> str:
        """`entry` has at, user_id, act, what, case_id, ground and grant_id. Empty where nothing was shown on any ground."""
        if entry.act is AuditAct.REFUSED:
            return "None: it was refused"
        if entry.act is AuditAct.SENT:
            return "Sent by Caseapp for the lead agency"
        if entry.ground == CONSENT:
            return self.grants.get(entry.grant_id, "Consent")
        if entry.ground == LEAD:
            return self._in_the_lead(entry)
        if said := in_words(entry.ground, entry.what):
            return said
        return "Their own agency knows the person" if entry.user_id and entry.case_id is None else ""

    def _in_the_lead(self, entry):
        roles = [
            role.label
            for role, since, until in self.held.get(entry.user_id, ())
            if since <= entry.at and (until is None or entry.at <= until)
        ]
        if roles:
            return f"{roles[0]} of this case"
        if entry.user_id == self.line_manager_id:
            return "Line manager of this case"
        return "Manager in the lead agency" if entry.user_id in self.managers else "Works in the lead agency"


def grounds(case: CaseFile, user_ids: set[int]) -> Grounds:
    """For entries of `case` by these users; four statements. Who is line manager, or a manager, is said as of today."""
    binds = {"case_id": case.id}
    held: dict[int, list[tuple]] = {}
    for row in read(_HELD, binds):
        held.setdefault(row[0], []).append(tuple(row[1:]))
    grants = {
        grant_id: f"Consent of {dates.day(clock.local_day(recorded) if recorded else starts)}, "
        + ("the whole plan" if full else "its own part")
        for grant_id, recorded, starts, full in read(_GRANTS, binds)
    }
    managers = db.session.scalars(
        select(User.id).where(User.id.in_(user_ids), User.roles.op("&")(int(Role.LINE_MANAGER)) != 0)
    )
    return Grounds(held, grants, read(_MANAGER, binds).scalar(), frozenset(managers))
