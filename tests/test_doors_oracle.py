"""What the predicates in SQL let a viewer see is what a few lines of Python say, whatever consent, roles, denials and
emergencies there are (S3-47, S3-48, X-7, X-8). With and without what the session knows of denials."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    Case,
    CaseAssignment,
    ConsentGrant,
    EmergencyAccess,
    EmergencyRight,
    Notification,
    Person,
)
from caseapp.policy import emergency, scopes
from caseapp.policy.news import NEWS_NOT_DENIED
from caseapp.policy.scopes import Sight
from caseapp.vocabulary import (
    AssignmentRole,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    DenialGround,
    EmergencyReason,
    Role,
)

WHO = ("orla", "declan", "tomasz", "amina", "leah", "mark")
ROLES = (Role.WORKER, Role.LINE_MANAGER, Role.WORKER | Role.LINE_MANAGER, Role.PRIVACY_OFFICER)
CONSENT = ("none", "part", "full", "withdrawn", "future", "over", "until today")
DENIED = ("no", "no", "live", "ended", "two, one ended")
OPENED = ("no", "live", "ended", "run out")

facts = st.fixed_dictionaries(
    {
        "lead": st.sampled_from(("canal", "northgate")),
        "consent": st.fixed_dictionaries(
            {agency: st.sampled_from(CONSENT) for agency in ("canal", "harbour", "clinic", "northgate")}
        ),
        "who": st.fixed_dictionaries(
            {
                name: st.fixed_dictionaries(
                    {
                        "roles": st.sampled_from(ROLES),
                        "assigned": st.booleans(),
                        "denied": st.sampled_from(DENIED),
                        "opened": st.sampled_from(OPENED),
                        "right": st.booleans(),
                    }
                )
                for name in WHO
            }
        ),
    }
)


@pytest.fixture
def lone(world):
    """Niall's case without consent, with one notice for everybody."""
    for table in (ConsentGrant, CaseAssignment):
        db.session.execute(delete(table))
    for name in WHO:
        db.session.add(
            Notification(
                user_id=world.viewers[name].user_id, at=clock.now(), kind="review_due", case_id=world.case_id
            )
        )
    db.session.commit()
    return world


def write(world, given_facts, now):
    today = clock.local_day(now)
    db.session.execute(
        update(Case)
        .where(Case.id == world.case_id)
        .values(lead_agency_id=world.agencies[given_facts["lead"]], status=CaseStatus.KEY_WORKING)
    )
    common = {
        "kind": ConsentKind.INFORMATION_SHARING,
        "recorded_at": now,
        "recorded_by_id": world.orla.user_id,
    }
    for agency, consent in given_facts["consent"].items():
        if consent == "none":
            continue
        db.session.add(
            ConsentGrant(
                case_id=world.case_id,
                agency_id=world.agencies[agency],
                status=ConsentStatus.WITHDRAWN if consent == "withdrawn" else ConsentStatus.ACTIVE,
                withdrawn_at=now if consent == "withdrawn" else None,
                full_plan=consent in ("full", "withdrawn"),
                starts_on=today + timedelta(days=1 if consent == "future" else -9),
                expires_on={"over": today - timedelta(days=1), "until today": today}.get(consent),
                talked_on=today - timedelta(days=9),
                talked_by_id=world.orla.user_id,
                understood=True,
                copy_given=True,
                **common,
            )
        )
    for name, one in given_facts["who"].items():
        user = world.viewers[name]
        if one["assigned"]:
            db.session.add(
                CaseAssignment(
                    case_id=world.case_id,
                    user_id=user.user_id,
                    role=AssignmentRole.KEY_WORKER,
                    from_at=now,
                    given_by_id=user.user_id,
                )
            )
        ended = {"live": (False,), "ended": (True,), "two, one ended": (True, False)}.get(one["denied"], ())
        for over in ended:
            db.session.add(
                AccessDenial(
                    user_id=user.user_id,
                    agency_id=user.agency_id,
                    person_id=world.person_id,
                    ground=DenialGround.NEAR,
                    set_at=now,
                    set_by_id=user.user_id,
                    set_by_agency_id=user.agency_id,
                    looked_at=now,
                    ended_at=now if over else None,
                    ended_by_id=user.user_id if over else None,
                )
            )
        if one["right"]:
            db.session.add(
                EmergencyRight(user_id=user.user_id, given_at=now, given_by_id=user.user_id, reason="x")
            )
        if one["opened"] != "no":
            begun = now - timedelta(minutes=70 if one["opened"] == "run out" else 5)
            db.session.add(
                EmergencyAccess(
                    user_id=user.user_id,
                    agency_id=user.agency_id,
                    case_id=world.case_id,
                    lead_agency_id=world.agencies[given_facts["lead"]],
                    kind=EmergencyReason.LIFE,
                    reason="x",
                    found_by="x",
                    opened_at=begun,
                    ends_at=begun + timedelta(minutes=60),
                    ended_at=now if one["opened"] == "ended" else None,
                    review_due_on=today,
                )
            )
    db.session.flush()


def oracle(given_facts, name, agency):
    """(sight, sees the person, sees in an emergency, sees the notice)"""
    one = given_facts["who"][name]
    if one["denied"] in ("live", "two, one ended"):
        return 0, False, False, False
    practises = bool(one["roles"] & (Role.WORKER | Role.LINE_MANAGER))
    lead, consent = given_facts["lead"] == agency, given_facts["consent"].get(agency)
    holds = consent in ("part", "full", "until today")
    if not practises:
        sight = 0
    elif lead and (one["roles"] & Role.LINE_MANAGER or one["assigned"]):
        sight = int(Sight.ALL)
    elif consent == "full":
        sight = int(Sight.WHOLE_PLAN)
    else:
        sight = int(Sight.PART) if lead or holds else 0
    return sight, sight > 0, practises and one["right"] and one["opened"] == "live", True


AGENCY = {
    "orla": "canal",
    "declan": "canal",
    "tomasz": "harbour",
    "amina": "harbour",
    "leah": "clinic",
    "mark": "northgate",
}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=facts)
def test_the_predicates_are_what_a_few_lines_of_python_say(app, lone, facts):
    now = clock.now()
    try:
        write(lone, facts, now)
        for name in WHO:
            known = replace(lone.viewers[name], roles=facts["who"][name]["roles"])
            live = db.session.execute(
                select(AccessDenial.id).where(
                    AccessDenial.user_id == known.user_id, AccessDenial.ended_at.is_(None)
                )
            ).first()
            for viewer in (known, replace(known, denied=live is not None)):
                binds = emergency.binds(viewer, now)
                one = (Case.id == lone.case_id,)
                sight = db.session.execute(select(scopes.SIGHT).where(*one), binds).scalar()
                found = db.session.execute(select(Case.id).where(*one, scopes.SEES_CASE), binds).all()
                person = db.session.execute(
                    select(Person.id).where(Person.id == lone.person_id, scopes.SEES_PERSON), binds
                ).all()
                urgent = db.session.execute(
                    select(Case.id).where(*one, emergency.SEES_IN_EMERGENCY), binds
                ).all()
                news = db.session.execute(
                    select(Notification.id).where(Notification.user_id == viewer.user_id, NEWS_NOT_DENIED),
                    binds,
                ).all()
                expected = oracle(facts, name, AGENCY[name])
                assert (sight, bool(person), bool(urgent), bool(news)) == expected, (name, viewer.denied)
                assert bool(found) == (sight > 0)
                for predicate, least in (
                    (scopes.SEES_ALL, Sight.ALL),
                    (scopes.SEES_WHOLE_PLAN, Sight.WHOLE_PLAN),
                ):
                    seen = db.session.execute(select(Case.id).where(*one, predicate), binds).first()
                    assert (seen is not None) == (sight >= least), (name, least)
                mine = db.session.execute(select(Case.id).where(*one, scopes.MY_CASE), binds).first()
                assert (mine is not None) == (
                    sight == Sight.ALL and facts["who"][name]["assigned"] and viewer.practises
                )
    finally:
        db.session.rollback()
