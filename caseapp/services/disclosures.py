"""Disclosure without the person's consent, on a ground in law (S2-43, X-5). Nothing here can refuse one: it was made, or
must be; what is asked for is what an answer to the person, a court or a regulator needs.

The line manager is told at once, in the app and by a mail that names nobody. The case's timeline says nothing of it.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from sqlalchemy import insert, select

from caseapp import clock, disclosure_grounds, protocols
from caseapp.disclosure_grounds import Ground
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Case, Disclosure, DisclosureStep, User
from caseapp.policy import disclosures as policy
from caseapp.policy import rules
from caseapp.policy.disclosures import DisclosureFile
from caseapp.policy.do import Do
from caseapp.policy.restricted import DISCLOSURE, SECTION
from caseapp.policy.scopes import CaseFile, PersonFile
from caseapp.policy.viewer import Viewer
from caseapp.queries import settings
from caseapp.services import audit, events, last_hand, outbox, shut_out
from caseapp.services.agency_staff import managers
from caseapp.services.case_hold import hold
from caseapp.services.transaction import use_case
from caseapp.vocabulary import AuditAct, DisclosureAct, DisclosureHow, DisclosureTold, Role

#: At the longest so many months pass before what is withheld is looked at again.
LOOK_AGAIN_MONTHS = 12

SUBJECT = "Something in Caseapp waits for you to acknowledge it"
BODY = """Good day,

A disclosure without consent was recorded in your team. It waits for you to look at it and acknowledge it.

{way}
This mail names nobody on purpose.
Nobody reads answers to this address.
"""
NEWS = "A disclosure without consent was recorded in your team. See Disclosures."


@dataclass(frozen=True, slots=True)
class Made:
    """A disclosure as somebody tells of it. `disclosed_at` is a moment in UTC; days are local days."""

    ground: str
    recipient_name: str
    recipient_office: str
    text: str
    disclosed_at: datetime | None
    how: DisclosureHow | str
    told: DisclosureTold | str
    decided_by: str
    ground_note: str = ""
    child_protection: bool = False
    their_reference: str = ""
    categories: tuple[str, ...] = field(default=())
    told_on: date | None = None
    not_told_reason: str = ""
    withheld: bool = False
    withheld_reason: str = ""
    withheld_until: date | None = None


def jurisdiction(case: CaseFile | None, *, viewer: Viewer) -> str:
    """Whose law the grounds are of: of the case's protocol, or of the agency's own calendar where there is no case."""
    if case is not None:
        try:
            return protocols.get(case.protocol_key, case.protocol_version).calendar
        except LookupError:
            pass
    return settings.value(viewer.agency_id, "working_day_calendar")


@use_case
def record(
    about: CaseFile | PersonFile,
    made: Made,
    *,
    actor: Viewer,
    at: datetime,
    link: str = "",
) -> int:
    """Write down a disclosure about the person of a case, or about a person without one, by whoever sees them.

    About the protection of a child, made by the agency that leads the case, it lives in the restricted section. `link`
    is the address of the list of disclosures, for the mail; without it only news is left. Raises RuleBroken, naming the field. Returns its id."""
    case = about if isinstance(about, CaseFile) else None
    if not rules.may(actor, Do.DISCLOSE if case else Do.DISCLOSE_OF_PERSON, about):
        raise NotAllowed
    lead = None
    if case is not None:
        lead = hold(case, even_closed=True)
    return _store(
        made,
        person_id=case.person_id if case else about.id,
        case_id=case.id if case else None,
        lead=lead,
        jurisdiction_=jurisdiction(case, viewer=actor),
        actor=actor,
        at=at,
        link=link,
    )


@use_case
def correct(disclosure: DisclosureFile, made: Made, *, actor: Viewer, at: datetime, link: str = "") -> int:
    """Add a corrected one; the first stays as it was written and says by what it is corrected (X-12). It is kept where
    the first is kept. The line manager is told again. Returns the new one's id."""
    if not rules.may(actor, Do.CORRECT_DISCLOSURE, _again(disclosure, actor)):
        raise NotAllowed
    first = db.session.get(Disclosure, disclosure.id, populate_existing=True, with_for_update=True)
    lead = None
    if first.case_id is not None:
        lead = db.session.execute(
            select(Case.id, Case.lead_agency_id, Case.line_manager_id).where(Case.id == first.case_id)
        ).first()
    ground = disclosure_grounds.load().get(first.ground)
    return _store(
        made,
        person_id=first.person_id,
        case_id=first.case_id,
        lead=lead,
        jurisdiction_=ground.jurisdiction if ground else "",
        actor=actor,
        at=at,
        link=link,
        corrects=first,
    )


def _store(made, *, person_id, case_id, lead, jurisdiction_, actor, at, link, corrects=None) -> int:
    ground = _check(made, jurisdiction_, at)
    childs = ground.child_protection or made.child_protection or bool(corrects and corrects.child_protection)
    leads = lead is not None and lead.lead_agency_id == actor.agency_id
    in_section = childs and leads if corrects is None else corrects.in_section or (childs and leads)
    manager_id, others = _who_is_told(actor, person_id, lead if leads else None, in_section)
    row = Disclosure(
        id=new_id(),
        version=1,
        person_id=person_id,
        case_id=case_id,
        agency_id=actor.agency_id,
        author_id=actor.user_id,
        manager_id=manager_id,
        ground_words=ground.words,
        in_section=in_section,
        written_at=at,
        corrects_id=corrects and corrects.id,
        **{name: value for name, value in asdict(made).items() if name not in _NOT_COLUMNS},
        child_protection=childs,
        categories=[key for key in disclosure_grounds.load().categories if key in made.categories],
        withheld_until=made.withheld_until if made.withheld else None,
        withheld_reason=made.withheld_reason if made.withheld else "",
    )
    # nobody else could acknowledge it: the line manager of the case wrote it, or there is no other manager
    if manager_id == actor.user_id and not others:
        row.seen_at, row.seen_by_id = at, actor.user_id
    db.session.add(row)
    db.session.flush()
    _step(row.id, DisclosureAct.RECORDED, actor, at)
    if row.withheld_until:
        _step(row.id, DisclosureAct.WITHHELD, actor, at, row.withheld_reason, row.withheld_until)
    if row.seen_at:
        _step(row.id, DisclosureAct.SEEN, actor, at, "Recorded by the line manager")
    audit.write(
        [
            audit.entry(
                actor,
                AuditAct.DISCLOSED,
                _said(row, "corrected" if corrects else "recorded"),
                at=at,
                person_id=person_id,
                detail={"disclosure": row.id},
            )
        ]
    )
    _tell(row.id, others, at, link)
    return row.id


_NOT_COLUMNS = {"withheld", "withheld_reason", "withheld_until", "categories", "child_protection"}


def _check(made: Made, jurisdiction_: str, at: datetime) -> Ground:
    """What an answer to the person needs. Never whether it was right to disclose."""
    ground = disclosure_grounds.load().get(made.ground)
    if ground is None or (jurisdiction_ and ground.jurisdiction != jurisdiction_):
        raise RuleBroken("Choose the ground", "ground")
    if ground.needs_note and not made.ground_note:
        raise RuleBroken("Name the law that asks for it or allows it", "ground_note")
    for name, say in (
        ("recipient_name", "Name the person who was told: an office alone is not enough"),
        ("recipient_office", "Name their organisation and office"),
        ("text", "Say what was told"),
        ("decided_by", "Say who decided"),
    ):
        if not getattr(made, name):
            raise RuleBroken(say, name)
    if made.disclosed_at is None:
        raise RuleBroken("Say on which day", "day")
    if made.disclosed_at > at:
        raise RuleBroken("This has not come yet: record it once it is done", "day")
    told, today = DisclosureTold(made.told), clock.local_day(at)
    DisclosureHow(made.how)
    if told is DisclosureTold.NOT:
        if not made.not_told_reason:
            raise RuleBroken("Say why they were not told", "not_told_reason")
    elif made.told_on is None or made.told_on > today:
        raise RuleBroken("Say on which day they were told", "told_on")
    if made.withheld:
        if told is not DisclosureTold.NOT:
            raise RuleBroken(
                "They were told already, so there is nothing to keep from their copy", "withheld"
            )
        _check_withheld(made.withheld_reason, made.withheld_until, today)
    return ground


def _check_withheld(reason, until, today):
    if not reason:
        raise RuleBroken("Say what harm could come of it", "withheld_reason")
    if until is None or until <= today:
        raise RuleBroken("Give a day on which it is looked at again", "withheld_until")
    if until > protocols.add_months(today, LOOK_AGAIN_MONTHS):
        raise RuleBroken("Look at it again within twelve months", "withheld_until")


def _who_is_told(actor, person_id, lead, in_section) -> tuple[int | None, set[int]]:
    """The line manager who answers for it, and everybody who is told now: of the case where the own agency leads it,
    else of whoever disclosed; where that is the actor, the agency's other line managers, unless it is for the list of a
    restricted section alone. Never one who is kept from the person (X-8)."""
    there = managers(actor.agency_id) - shut_out.of_person(person_id)
    wanted = lead.line_manager_id if lead is not None else _own_manager(actor)
    if wanted in there and wanted != actor.user_id:
        return wanted, {wanted}
    if in_section:
        return wanted, set()
    others = there - {actor.user_id}
    if actor.user_id in there:
        return actor.user_id, others
    return (min(others) if others else None), others


def _own_manager(actor):
    return db.session.scalar(select(User.line_manager_id).where(User.id == actor.user_id))


def _tell(disclosure_id, user_ids, at, link):
    events.notify(user_ids, "disclosure", at=at, plain=NEWS)
    if not link:  # a world that is told again, or an import: nobody waits for mail
        return
    rows = db.session.execute(
        select(User.id, User.email).where(
            User.id.in_(user_ids), User.roles.op("&")(int(Role.LINE_MANAGER)) != 0
        )
    )
    for user_id, email in rows:
        try:
            outbox.enqueue(
                f"disclosure:{disclosure_id}:{user_id}",
                to=email,
                subject=SUBJECT,
                body=BODY.format(way=f"Sign in to see it: {link}\n"),
                at=at,
            )
        except ValueError:  # an address to which no mail can go must not stop a disclosure
            continue


# --- afterwards --------------------------------------------------------------------------------------------------


@use_case
def acknowledge(disclosure: DisclosureFile, *, actor: Viewer, at: datetime, note: str = "") -> int:
    """A line manager has seen it; done a second time it changes nothing. Returns its id."""
    row = _hold(disclosure)
    if row.seen_at is not None:
        return row.id
    if not rules.may(actor, Do.ACKNOWLEDGE_DISCLOSURE, _again(disclosure, actor)):
        raise NotAllowed
    row.seen_at, row.seen_by_id = at, actor.user_id
    _step(row.id, DisclosureAct.SEEN, actor, at, note)
    _noted(row, "acknowledged", actor, at)
    return row.id


@use_case
def withhold(
    disclosure: DisclosureFile,
    *,
    actor: Viewer,
    at: datetime,
    version: int | None = None,
    keep: bool,
    reason: str,
    until: date | None = None,
) -> int:
    """Keep it from the person's copy until it is looked at again on a day, within twelve months; or no longer. Either
    way with a reason. It stays kept past that day until somebody decides. Returns its id."""
    row = _hold(disclosure)
    if not rules.may(actor, Do.WITHHOLD_DISCLOSURE, _again(disclosure, actor)):
        raise NotAllowed
    if version is not None and row.version != version:
        hand = last_hand.by_step(
            DisclosureStep, DisclosureStep.user_id, DisclosureStep.disclosure_id == row.id, actor=actor
        )
        raise Stale({}, **hand, version=row.version)
    if keep:
        if _was_told(row):
            raise RuleBroken("They were told already, so there is nothing to keep from their copy", "keep")
        _check_withheld(reason, until, clock.local_day(at))
        row.withheld_until, row.withheld_reason = until, reason
        _step(row.id, DisclosureAct.WITHHELD, actor, at, reason, until)
    else:
        if not reason:
            raise RuleBroken("Say why it can be shown now", "withheld_reason")
        if row.withheld_until is None:
            raise RuleBroken("It is not kept from their copy", "keep")
        row.withheld_until, row.withheld_reason = None, ""
        _step(row.id, DisclosureAct.LIFTED, actor, at, reason)
    _noted(row, "kept from the copy" if keep else "no longer kept from the copy", actor, at)
    return row.id


@use_case
def told(disclosure: DisclosureFile, *, actor: Viewer, at: datetime, on: date | None, how: str = "") -> int:
    """The person was told of it afterwards, on a local day. It is no longer kept from their copy. Returns its id."""
    row = _hold(disclosure)
    if not rules.may(actor, Do.TELL_OF_DISCLOSURE, _again(disclosure, actor)):
        raise NotAllowed
    if _was_told(row):
        raise RuleBroken("They were told already", "on")
    if on is None or on > clock.local_day(at):
        raise RuleBroken("Say on which day they were told", "on")
    if on < clock.local_day(row.disclosed_at):
        raise RuleBroken("This day is before the disclosure", "on")
    if row.withheld_until is not None:
        row.withheld_until, row.withheld_reason = None, ""
        _step(row.id, DisclosureAct.LIFTED, actor, at, "They were told")
    _step(row.id, DisclosureAct.TOLD, actor, at, how, on)
    _noted(row, "the person told", actor, at)
    return row.id


def _was_told(row) -> bool:
    if row.told is not DisclosureTold.NOT:
        return True
    later = select(DisclosureStep.id).where(
        DisclosureStep.disclosure_id == row.id, DisclosureStep.act == DisclosureAct.TOLD
    )
    return db.session.execute(later.limit(1)).first() is not None


def _hold(disclosure: DisclosureFile) -> Disclosure:
    return db.session.get(Disclosure, disclosure.id, populate_existing=True, with_for_update=True)


def _again(disclosure: DisclosureFile, actor: Viewer) -> DisclosureFile:
    """As it is now, for whoever may have lost sight of it meanwhile."""
    found = policy.find_disclosure(actor, disclosure.id)
    if found is None:
        raise NotAllowed
    return found


def _step(disclosure_id, act, actor, at, text="", until_on=None):
    db.session.execute(
        insert(DisclosureStep.__table__).values(
            id=new_id(),
            disclosure_id=disclosure_id,
            at=at,
            user_id=actor.user_id,
            act=act,
            text=text,
            until_on=until_on,
        )
    )


def _said(row, what):
    """About a child it is called what everything is called that is kept apart; the person's id leads to it, the case's
    does not, so that no record of the case shows it."""
    return f"{SECTION if row.child_protection else DISCLOSURE}: {what}"


def _noted(row, what, actor, at):
    audit.record(actor, _said(row, what), at=at, person_id=row.person_id, detail={"disclosure": row.id})
