"""What every editing of the plan does alike: take the row for writing, notice who saved first, know
which agencies may be told."""

from datetime import date, datetime

from sqlalchemy import bindparam, exists, or_, select

from caseapp import clock, protocols
from caseapp.errors import NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Action,
    Agency,
    CarePlan,
    CaseAgency,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Event,
    Goal,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.scopes import CaseFile
from caseapp.services.case_hold import hold
from caseapp.vocabulary import AgencyKind


def plan_of(case: CaseFile) -> CarePlan:
    """The head of the case's plan, held for writing until the end of the transaction; made where there is none.
    Raises RuleBroken where the case was closed meanwhile."""
    hold(case)
    plan = db.session.get(CarePlan, case.id, populate_existing=True, with_for_update=True)
    if plan is None:
        plan = CarePlan(case_id=case.id)
        db.session.add(plan)
        db.session.flush()
    return plan


def goal_of(case: CaseFile, goal_id: int, field: str | None = None) -> Goal:
    """A goal of this case, held for writing. Raises NotVisible, RuleBroken in a case that was closed meanwhile, or RuleBroken beside `field` where it was chosen."""
    return _of(case, Goal, goal_id, field and RuleBroken("Choose a goal of this plan", field))


def action_of(case: CaseFile, action_id: int) -> Action:
    """An action of this case, held for writing. Raises NotVisible."""
    return _of(case, Action, action_id, None)


def _of(case, model, row_id, otherwise):
    hold(case)
    row = row_id and db.session.get(model, row_id, populate_existing=True, with_for_update=True)
    if not row or row.case_id != case.id:
        raise otherwise or NotVisible
    return row


def must_be(row, version: int | None, saved, *about) -> None:
    """Raise Stale, with what now stands and who wrote it, where the form was filled in over an older version. `about`
    selects the events that tell who; without a version nothing is asked."""
    if version is None or row.version == version:
        return
    by, at = last_hand(*about) if about else ("", None)
    raise Stale(saved(row), by=by, at=at, version=row.version)


def last_hand(*about) -> tuple[str, datetime | None]:
    """Who changed it last and when, by the timeline."""
    row = db.session.execute(
        select(User.name, Event.at)
        .join(User, User.id == Event.actor_id)
        .where(*about)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    ).first()
    return (row.name, row.at) if row else ("", None)


def protocol_of(case: CaseFile):
    """The procedure that the case follows, in the version under which it started (S1-18)."""
    return protocols.get(case.protocol_key, case.protocol_version)


def domain_or_refuse(case: CaseFile, domain: str) -> str:
    if domain not in {item.key for item in protocol_of(case).domains}:
        raise RuleBroken("Choose a part of life from the list", "domain")
    return domain


def agency_named(agency_id: int, field: str) -> Agency:
    agency = db.session.get(Agency, agency_id)
    if agency is None or not agency.active:
        raise RuleBroken("Choose an agency from the list", field)
    return agency


def is_excluded(case: CaseFile, agency_id: int) -> bool:
    """The person asked that this agency is never told (B3)."""
    return bool(
        db.session.scalar(
            select(ConsentExclusion.id).where(
                ConsentExclusion.case_id == case.id,
                ConsentExclusion.agency_id == agency_id,
                ConsentExclusion.lifted_at.is_(None),
            )
        )
    )


def consent_of(case: CaseFile, agency_id: int, today: date) -> int | None:
    """The consent to share the plan that holds for this agency on that day, or None."""
    return db.session.scalar(
        select(ConsentGrant.id).where(
            ConsentGrant.case_id == case.id,
            ConsentGrant.agency_id == agency_id,
            scopes.in_force(ConsentGrant, today),
        )
    )


def is_withheld(grant_id: int | None, domain: str) -> bool:
    """The person keeps this part of life from the agency (X-3)."""
    return bool(
        grant_id
        and db.session.scalar(
            select(ConsentWithheld.grant_id).where(
                ConsentWithheld.grant_id == grant_id, ConsentWithheld.domain == domain
            )
        )
    )


def know(case: CaseFile, agency_id: int, *, on: date) -> None:
    """An agency that is to do something stands on the case as known (S3-24); the person being told of its role is
    recorded by itself (S2-34)."""
    if agency_id == case.lead_agency_id:
        return
    known = db.session.scalar(
        select(CaseAgency).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == agency_id)
    )
    if known is None:
        db.session.add(CaseAgency(case_id=case.id, agency_id=agency_id, known_on=on))
        db.session.flush()
    else:
        known.ended_at = None


_CLINIC = (
    select(Agency.name)
    .where(
        Agency.kind == AgencyKind.PRESCRIBING_CLINIC,
        or_(
            exists().where(
                CaseAgency.case_id == bindparam("case_id"),
                CaseAgency.agency_id == Agency.id,
                CaseAgency.ended_at.is_(None),
            ),
            exists().where(
                ConsentGrant.case_id == bindparam("case_id"),
                ConsentGrant.agency_id == Agency.id,
                scopes.in_force(ConsentGrant, bindparam("today")),
            ),
        ),
    )
    .order_by(Agency.name)
    .limit(1)
)


def clinic_on(case: CaseFile, today: date) -> str:
    """The prescribing clinic that works with the person, or ""; S2-45 asks for a talk with it."""
    if not protocol_of(case).plan.clinic_check:
        return ""
    return db.session.scalar(_CLINIC, {"case_id": case.id, "today": today}) or ""


def day_within(day: date | None, at: datetime, field: str, message: str) -> None:
    """Refuse a day that has not come yet."""
    if day is not None and day > clock.local_day(at):
        raise RuleBroken(message, field)


def change_of(before: dict, after: dict) -> dict[str, list]:
    """{"by when": [old, new]} of what differs between two sets of words, for the timeline (S3-66)."""
    return {what: [before.get(what, ""), after[what]] for what in after if before.get(what) != after[what]}
