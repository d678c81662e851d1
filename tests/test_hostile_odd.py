"""Cases that are odd but lawful: every page of everybody stands, whatever is missing, ended or switched off."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from caseapp import clock, references
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    Agency,
    Case,
    CaseAssignment,
    ConsentExclusion,
    ConsentGrant,
    Goal,
    GoalStep,
    Person,
    User,
)
from caseapp.policy import scopes
from caseapp.vocabulary import AssignmentRole, CaseStatus
from tests.asked import Alike
from tests.hostile_world import browser, on_postgresql, world  # noqa: F401 - fixtures
from tests.test_canaries import Address
from tests.world import LONG_AGO


def _nobody_manages(world):
    db.session.execute(
        update(CaseAssignment.__table__)
        .where(CaseAssignment.__table__.c.case_id == world.case_id)
        .values(to_at=clock.now())
    )
    db.session.execute(
        update(Case.__table__)
        .where(Case.__table__.c.id == world.case_id)
        .values(status=CaseStatus.ALLOCATION)
    )


def _bare(world):
    """A case that has just been opened: no plan, no goal, no action, nothing known."""
    db.session.add(Person(id=(person := new_id()), given_name="", family_name="Onlyname", registered_by_agency_id=world.agencies["canal"],
                          registered_by_id=world.orla.user_id, registered_at=LONG_AGO))  # fmt: skip
    db.session.flush()
    db.session.add(Case(id=new_id(), reference=world.bare, person_id=person, lead_agency_id=world.agencies["canal"],
                        line_manager_id=world.declan.user_id, protocol_key="ie-homeless-drug", status=CaseStatus.ENQUIRY,
                        opened_at=LONG_AGO, opened_by_id=world.orla.user_id, last_activity_at=LONG_AGO))  # fmt: skip


def _person(**values):
    return lambda world: db.session.execute(
        update(Person.__table__).where(Person.__table__.c.id == world.person_id).values(**values)
    )


def _grants(**values):
    return lambda world: db.session.execute(
        update(ConsentGrant.__table__).where(
            ConsentGrant.__table__.c.id.in_([world.grants["harbour"], world.grants["clinic"]])
        ).values(**values)
    )  # fmt: skip


def _withheld(world):
    from caseapp.models import ConsentWithheld

    for domain in ("accommodation", "drug_use"):
        for agency in ("harbour", "clinic"):
            db.session.add(ConsentWithheld(grant_id=world.grants[agency], domain=domain))


def _excluded(world):
    for agency in ("harbour", "clinic", "northgate"):
        db.session.add(
            ConsentExclusion(
                case_id=world.case_id,
                agency_id=world.agencies[agency],
                recorded_at=LONG_AGO,
                recorded_by_id=world.orla.user_id,
            )
        )


def _no_goals_of_their_own(world):
    db.session.execute(
        update(Goal.__table__).values(words="", title="", measure="", target_on=None, priority=None)
    )
    db.session.execute(
        update(Action.__table__).values(due_on=None, owner_user_id=None, asked_at=None, last_note_at=None)
    )
    db.session.execute(update(GoalStep.__table__).values(done_on=None))


def _agencies_off(world):
    db.session.execute(
        update(Agency.__table__)
        .where(Agency.__table__.c.id.in_([world.agencies["harbour"], world.agencies["clinic"]]))
        .values(active=False)
    )


def _workers_off(world):
    db.session.execute(
        update(User.__table__)
        .where(User.__table__.c.id.in_([world.tomasz.user_id, world.orla.user_id]))
        .values(disabled_at=LONG_AGO)
    )


def _closed_and_reopened(world):
    from caseapp.services import cases

    file = scopes.find_case(world.declan, world.reference)
    cases.close(file, actor=world.declan, at=clock.now(), kind="other", reason="x", attempts="x")
    cases.reopen(
        scopes.find_case(world.declan, world.reference), actor=world.declan, at=clock.now(), reason="x"
    )


def _two_roles(world):
    db.session.add(CaseAssignment(case_id=world.case_id, user_id=world.declan.user_id, role=AssignmentRole.KEY_WORKER,
                                  from_at=LONG_AGO, given_by_id=world.declan.user_id))  # fmt: skip
    db.session.execute(
        update(User.__table__).where(User.__table__.c.id == world.declan.user_id).values(roles=1 | 2 | 4 | 64)
    )


ODD = {
    "nobody manages": _nobody_manages,
    "bare": _bare,
    "no birth": _person(born_on=None, born_approximate=False, known_as=""),
    "born about then, one name": _person(
        born_on=date(1900, 1, 1), born_approximate=True, given_name="", family_name="X"
    ),
    "died": _person(died_on=date(2026, 10, 1)),
    "consent begins tomorrow": lambda world: _grants(
        starts_on=clock.today() + timedelta(days=1), expires_on=None
    )(world),
    "consent ends today": lambda world: _grants(expires_on=clock.today())(world),
    "consent ended yesterday": lambda world: _grants(expires_on=clock.today() - timedelta(days=1))(world),
    "consent withdrawn": _grants(status="withdrawn", withdrawn_at=LONG_AGO),
    "withheld": _withheld,
    "excluded": _excluded,
    "nothing filled in": _no_goals_of_their_own,
    "agencies off": _agencies_off,
    "workers off": _workers_off,
    "closed and reopened": _closed_and_reopened,
    "several roles": _two_roles,
}


#: Who looks: those to whom it can make a difference. What is odd about a consent does not reach the line manager's pages
#: otherwise than the case manager's.
LOOKING = {odd: ("orla", "tomasz", "leah") if odd.startswith(("consent", "withheld", "excluded")) else
           ("declan", "tomasz") if odd in ("no birth", "born about then, one name", "died") else
           ("declan", "orla", "tomasz", "leah") for odd in ODD}  # fmt: skip


def pages(app, ids):
    """The address of every page, about these records where it is about any."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        for reference in ids["reference"] if "reference" in rule.arguments else [""]:
            values = {n: (ids[n] or [new_id()])[0] for n in rule.arguments} | (
                {"reference": reference} if reference else {}
            )
            yield Address.of(adapter, rule, values)


_before = {}


def as_they_were(app, world, name):
    """{address: (the tables that the page reads for this person, whether it is shown)} while nothing is odd; asked once
    for all that is odd."""
    key = db.engine.url, name
    if key not in _before:
        client, alike, known = browser(app, world.viewers[name]), Alike(app), {}
        for address in pages(app, world.ids["own"]):
            if not alike.known("GET", address):
                answer = client.get(address)
                alike.note("GET", address, answer)
                known[address] = answer.asked.tables, answer.status_code == 200
        _before[key] = known
    return _before[key]


@contextmanager
def tables_changed():
    """The tables that are written inside."""
    changed = set()

    def note(_connection, _cursor, statement, *_):
        if statement.split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
            changed.add(re.search(r'(?:INTO|UPDATE|FROM)\s+"?(\w+)', statement)[1])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield changed
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("odd", ODD)
def test_every_page_stands_whatever_is_odd_about_a_case(app, world, request, odd):
    """A page that reads none of the tables in which something became odd is the page that it was. Where much is missing
    PDFs are made as well; else the words that would stand in them."""
    if on_postgresql() and odd not in ("bare", "nothing filled in"):
        return
    if odd not in ("bare", "nothing filled in"):
        request.getfixturevalue("in_plain_words")
    # there are few oddities on PostgreSQL: to look first at what they change costs more than to look at all
    before = {name: {} if on_postgresql() else as_they_were(app, world, name) for name in LOOKING[odd]}
    world.bare = references.new_reference()
    with tables_changed() as changed:
        ODD[odd](world)
        db.session.commit()
    assert changed
    ids = dict(world.ids["own"])
    if odd == "bare":
        ids["reference"] = [world.bare]
        ids["person_id"] = [db.session.scalar(select(Case.person_id).where(Case.reference == world.bare))]
    if odd == "closed and reopened":
        newest = (
            select(Case.reference)
            .where(Case.person_id == world.person_id)
            .order_by(Case.episode.desc())
            .limit(1)
        )
        ids["reference"] = [world.reference, db.session.scalar(newest)]
    broken, shown, asked = [], 0, 0
    for name in LOOKING[odd]:
        client, alike = browser(app, world.viewers[name]), Alike(app)
        for address in pages(app, ids):
            if alike.known("GET", address):
                continue  # the guard refuses, and no page is made
            tables, stood = before[name].get(address, (changed, False))
            if not tables & changed:
                shown += stood
                continue
            answer = client.get(address)
            alike.note("GET", address, answer)
            asked, shown = asked + 1, shown + (answer.status_code == 200)
            if answer.status_code >= 500:
                broken.append((name, address))
    assert not broken, "\n".join(map(str, broken))
    assert asked > 10 and (shown > 30 or odd == "workers off")
