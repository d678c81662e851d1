"""What is kept apart stands in the section and nowhere else, whoever looks and whatever else opens (X-6, F4, F12)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    Agency,
    AgendaPoint,
    EmergencyAccess,
    EmergencyRight,
    Event,
    Meeting,
    MeetingRecord,
    Notification,
    OutboxMessage,
    RestrictedEntry,
)
from caseapp.policy import restricted as policy
from caseapp.queries import restricted as reads
from caseapp.vocabulary import AgencyKind, DenialGround, EmergencyReason
from tests import canaries
from tests.asked import Alike
from tests.test_canaries import addresses, read
from tests.world import LONG_AGO, sign_in

APART = {"SECTION", "NARROW", "HCHILD"}


@pytest.fixture
def canary_world(app, database, db_session):
    world = database.kept("canaries", canaries.build)
    for rule in app.url_map.iter_rules():  # what nobody has taught yet is held by tests/test_canaries.py
        for side in world.ids.values():
            for name in rule.arguments:
                side.setdefault(name, [])
    return world


@pytest.mark.parametrize("who", ["declan", "tomasz"])
def test_even_to_its_readers_it_is_shown_on_the_sections_own_pages_only(
    app, canary_world, in_plain_words, who
):
    """Every page, fragment, file and print, right after the password: the words stand in restricted.* and nowhere."""
    if db.engine.dialect.name == "postgresql":
        return  # the same pages; what is seen in SQL is held there by the matrix and by tests/test_restricted.py
    client = app.test_client()
    client.judging = False
    sign_in(client, canary_world.viewers[who])
    met, leaks, own, alike = set(), [], canary_world.ids["own"], Alike()
    if who == "tomasz":  # of his agency's disclosures the last one is about a child
        own = own | {"disclosure_id": own["disclosure_id"][::-1]}
    for endpoint, method, address in addresses(app, canary_world.ids | {"own": own}, wide=False):
        if method != "GET" or alike.known(method, address):
            continue
        answers = [client.get(address)]
        alike.note(method, address, answers[0])
        if answers[0].asked.for_header("HX-Request"):
            answers.append(client.get(address, headers={"HX-Request": "true"}))
        for answer in answers:
            zones = read(answer) & APART
            if zones and endpoint.startswith("restricted.") and endpoint != "restricted.disclosures":
                met |= zones
            elif zones:
                leaks.append((endpoint, address, sorted(zones)))
    assert not leaks, leaks
    assert met == ({"SECTION", "NARROW"} if who == "declan" else {"HCHILD"})


def test_no_file_ever_holds_any_of_it(app, canary_world, in_plain_words):
    if db.engine.dialect.name == "postgresql":
        return
    client = app.test_client()
    client.judging = False
    sign_in(client, canary_world.viewers["declan"])
    files = 0
    for _endpoint, method, address in addresses(app, canary_world.ids, wide=False):
        if method == "GET" and any(
            address.endswith(end) for end in (".csv", ".xlsx", ".pdf", ".ics", "/csv")
        ):
            answer = client.get(address)
            files += answer.status_code == 200
            assert not read(answer) & APART, address
    assert files > 5


def test_access_in_an_emergency_never_opens_it(as_, world, db_session):
    """Not for a partner, and not for a worker of the lead agency."""
    _write(db_session, world)
    for who in ("tomasz", "shauna"):
        viewer = world.viewers[who]
        db_session.add(
            EmergencyRight(
                user_id=viewer.user_id,
                reason="On call at night",
                given_at=LONG_AGO,
                given_by_id=viewer.user_id,
            )
        )
        db_session.add(
            EmergencyAccess(
                user_id=viewer.user_id,
                agency_id=viewer.agency_id,
                case_id=world.case_id,
                lead_agency_id=world.agencies["canal"],
                kind=next(iter(EmergencyReason)),
                reason="He was found unconscious",
                found_by="reference",
                opened_at=clock.now(),
                ends_at=clock.now() + timedelta(minutes=60),
                review_due_on=clock.today(),
            )
        )
    db_session.commit()
    for who in ("tomasz", "shauna"):
        assert policy.find_section(world.viewers[who], world.reference) is None
        assert as_(who).get(f"/cases/{world.reference}/restricted").status_code == 404
        for path in ("/emergency", f"/cases/{world.reference}/plan"):
            assert "kept apart for the test" not in as_(who).get(path, follow_redirects=True).text


def _write(session, world):
    session.add(
        RestrictedEntry(
            case_id=world.case_id,
            agency_id=world.agencies["canal"],
            kind="social_work",
            given_by="A. Worker",
            received_on=clock.today(),
            text="kept apart for the test",
            why="In confidence",
            author_id=world.orla.user_id,
            written_at=clock.now(),
        )
    )
    session.commit()


@pytest.mark.parametrize("who", ["orla", "declan"])
def test_whoever_is_kept_from_the_person_is_off_its_list(world, db_session, who):
    """Also the case manager and the line manager of the case themselves (X-8)."""
    db_session.add(
        AccessDenial(
            user_id=world.viewers[who].user_id,
            agency_id=world.agencies["canal"],
            person_id=world.person_id,
            ground=next(iter(DenialGround)),
            reason="A relative of his",
            set_at=LONG_AGO,
            set_by_id=world.ciara.user_id,
            set_by_agency_id=world.agencies["canal"],
            looked_at=LONG_AGO,
        )
    )
    db_session.commit()
    other = "declan" if who == "orla" else "orla"
    assert policy.find_section(world.viewers[who], world.reference) is None
    section = policy.find_section(world.viewers[other], world.reference)
    from caseapp.queries import restricted_access

    listed = {one.name for one in restricted_access.on_the_list(section, viewer=world.viewers[other])}
    assert listed == {world.viewers[other].name}


# --- F12: a statutory conference --------------------------------------------------------------------------------------

TOLD = "Tusla said that the neighbour had rung twice"
OWN = "Only our duty team knows the address"


@pytest.fixture
def conference(world, db_session, as_):
    """Mill Road is social work here, and Leah records a conference on her page."""
    db_session.execute(
        update(Agency).where(Agency.id == world.agencies["clinic"]).values(kind=AgencyKind.SOCIAL_WORK)
    )
    db_session.commit()
    address = f"/cases/{world.reference}/meetings/conference"
    answer = as_("leah").submit(
        address,
        address,
        **{
            "day-day": "4",
            "day-month": "12",
            "day-year": "2026",
            "hour": "10:00",
            "place": "Area office",
            "chair_name": "The principal social worker",
            "invited": "yes",
            "message": "The case manager comes at ten",
            "kept_apart": TOLD,
            "aim": OWN,
        },
    )
    assert answer.status_code == 303, answer.text
    return answer.location


def test_what_social_work_gives_with_a_conference_is_read_in_the_section_and_nowhere_else(
    as_, world, db_session, conference
):
    section = policy.find_section(world.orla, world.reference)
    (entry,) = reads.entries(section, viewer=world.orla)[0]
    assert entry.text == TOLD and entry.third_party and entry.given_by == "Leah Quigg, Mill Road Clinic"
    assert policy.find_section(world.leah, world.reference) is None
    pages = [
        conference,
        f"/cases/{world.reference}/meetings",
        f"/cases/{world.reference}/plan",
        f"/cases/{world.reference}/timeline",
        f"/cases/{world.reference}/audit",
        f"/cases/{world.reference}/audit.csv",
        f"/cases/{world.reference}/notes",
        "/meetings",
        "/notifications",
        "/people?q=neighbour",
        "/caseload",
        "/caseload.csv",
    ]
    for who in ("orla", "declan", "leah", "tomasz"):
        for path in pages:
            assert TOLD not in as_(who).get(path).text, (who, path)
    for who in ("orla", "declan", "tomasz"):
        for path in pages:
            assert OWN not in as_(who).get(path).text, (who, path)
    for row in (*db_session.scalars(select(Event)), *db_session.scalars(select(Notification))):
        said = f"{getattr(row, 'summary', '')} {getattr(row, 'change', '')} {getattr(row, 'plain', '')}"
        assert TOLD not in said and OWN not in said and "neighbour" not in said
    for mail in db_session.scalars(select(OutboxMessage)):
        assert "Tusla" not in mail.subject + mail.body + (mail.calendar or "")
    meeting = db_session.scalar(select(Meeting))
    assert TOLD not in meeting.message + meeting.aim


def test_a_conference_takes_in_no_words_in_an_agenda_a_room_or_minutes(as_, world, db_session, conference):
    """Not even for who knows the addresses: what is typed there would be minuted, copied and carried over."""
    for who in ("orla", "leah"):
        client = as_(who)
        assert {client.get(conference + one).status_code for one in ("/agenda", "/agenda/print")} == {403}
        token = client.token("/account")
        for path in (
            "/room",
            "/minutes",
            "/minutes/print",
            "/room/apart",
            "/room/decisions/new",
            "/arrangements",
        ):
            assert client.get(conference + path).status_code in (403, 404, 405), (who, path)
        for path in ("/agenda", "/room", "/room/record", "/room/apart", "/room/decisions", "/minutes/issue"):
            answer = client.post(conference + path, data={"csrf_token": token, "title": TOLD, "text": TOLD})
            assert answer.status_code in (403, 404, 405), (who, path)
    assert db_session.scalar(select(AgendaPoint.id)) is None
    assert db_session.scalar(select(MeetingRecord.id)) is None
