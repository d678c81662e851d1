"""The restricted section of a case: who reads it, what is written there, and that it stands nowhere else (X-6)."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from caseapp import clock
from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    AuditEntry,
    Case,
    CaseAssignment,
    Event,
    Notification,
    OutboxMessage,
    RestrictedAccess,
    RestrictedEntry,
    User,
    UserSession,
)
from caseapp.policy import restricted as policy
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import held_accesses, restricted_access
from caseapp.queries import restricted as reads
from caseapp.services import restricted
from caseapp.vocabulary import AssignmentRole, AuditAct, RestrictedKind, Role
from tests.browser import fields_of
from tests.sections import WORDS, hand_over, name, section_for, texts, who_reads, write
from tests.world import LONG_AGO


def test_its_list_is_the_case_manager_the_line_manager_and_who_was_named(world, db_session):
    assert who_reads(world) == {"orla", "declan"}
    name(world)
    assert who_reads(world) == {"orla", "declan", "shauna"}


def test_a_clinic_with_the_whole_plan_and_every_partner_read_nothing_of_it(as_, world):
    write(world)
    for who in ("leah", "tomasz", "amina", "mark", "shauna", "femi", "ciara", "sinead", "root"):
        for path in ("", "/access", "/new", "/handover"):
            assert as_(who).get(f"/cases/{world.reference}/restricted{path}").status_code == 404, (who, path)
    assert WORDS in as_("orla").get(f"/cases/{world.reference}/restricted").text


def test_another_line_manager_of_the_agency_is_not_on_the_list(world, db_session):
    db_session.execute(
        update(User).where(User.id == world.shauna.user_id).values(roles=int(Role.LINE_MANAGER | Role.WORKER))
    )
    db_session.commit()
    from caseapp.queries.accounts import viewer_for

    assert policy.find_section(viewer_for(world.shauna.user_id), world.reference) is None


def test_the_link_stands_on_every_case_for_its_readers_and_never_for_others(as_, world):
    link = f'href="/cases/{world.reference}/restricted"'
    assert (
        link in as_("orla").get(f"/cases/{world.reference}").text
    )  # nothing is kept apart, and it stands there
    assert link in as_("declan").get(f"/cases/{world.reference}/plan").text
    for who in ("shauna", "tomasz", "leah"):
        assert "restricted" not in as_(who).get(f"/cases/{world.reference}/plan").text.lower()
    name(world)
    assert link in as_("shauna").get(f"/cases/{world.reference}/notes").text


def test_reading_it_asks_for_the_password_first_and_is_noted_only_when_it_is_shown(as_, world, db_session):
    orla = as_("orla")
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    answer = orla.get(f"/cases/{world.reference}/restricted")
    assert answer.status_code == 303 and answer.location.startswith("/prove?next=")
    assert not noted(db_session, AuditAct.READ)
    assert (
        orla.post(
            f"/cases/{world.reference}/restricted/search",
            data={"csrf_token": orla.token("/account"), "words": "duty"},
        ).status_code
        == 401
    )
    as_("orla").get(f"/cases/{world.reference}/restricted")
    assert noted(db_session, AuditAct.READ) == ["the restricted section"]


def noted(session, act):
    rows = session.scalars(
        select(AuditEntry.what).where(AuditEntry.act == act, AuditEntry.what.like("%restricted%"))
    )
    return list(rows)


def test_what_is_written_is_never_changed_and_is_corrected_by_a_further_entry(world, db_session):
    first = write(world)
    second = write(world, by="declan", text="It was the other parent.", corrects_id=first)
    db_session.commit()
    found, total = reads.entries(section_for(world, "orla"), viewer=world.orla)
    assert total == 2 and found[0].id == second
    assert (found[0].corrects, found[1].corrected_by) == (1, (2,))
    for statement in (
        update(RestrictedEntry).values(text="other"),
        delete(RestrictedEntry),
    ):
        with pytest.raises(DBAPIError):
            db_session.execute(statement)
        db_session.rollback()


def test_a_narrower_entry_is_read_by_the_line_manager_its_writer_and_those_it_names(world, db_session):
    name(world)
    write(world, by="shauna", text="for Declan", narrow=True)
    write(world, by="declan", text="for Orla", narrow=True, reader_ids=(world.orla.user_id,))
    assert texts(world, "declan") == {"for Declan", "for Orla"}
    assert texts(world, "orla") == {"for Orla"}
    assert texts(world, "shauna") == {"for Declan"}


def test_a_correction_is_as_narrow_as_what_it_corrects_and_its_writer_reads_it(world, db_session):
    name(world)
    first = write(world, by="shauna", text="for Declan", narrow=True)
    write(world, by="declan", text="corrected", corrects_id=first)
    assert texts(world, "shauna") == {"for Declan", "corrected"} and texts(world, "orla") == set()


def test_nobody_corrects_what_they_may_not_read(world, db_session):
    secret = write(world, by="declan", narrow=True)
    with pytest.raises(NotVisible):
        write(world, by="orla", corrects_id=secret)


def test_readers_of_a_narrower_entry_stand_on_the_list(world, db_session):
    with pytest.raises(RuleBroken, match="on the list"):
        write(world, narrow=True, reader_ids=(world.shauna.user_id,))


@pytest.mark.parametrize(
    ("missing", "say"),
    [
        ({"text": ""}, "Write what"),
        ({"why": ""}, "why it is kept apart"),
        ({"given_by": ""}, "who gave it"),
        ({"received_on": None}, "the day"),
    ],
)
def test_an_entry_says_who_gave_what_when_and_why(world, db_session, missing, say):
    with pytest.raises(RuleBroken, match=say):
        write(world, **missing)


def test_a_place_on_the_list_ends_by_the_line_manager_or_by_its_last_day(world, db_session):
    name(world, until_on=clock.today())
    assert "shauna" in who_reads(world)
    tomorrow = clock.today() + timedelta(days=1)
    assert policy.find_section(world.shauna, world.reference, today=tomorrow) is None
    access_id = db_session.scalar(select(RestrictedAccess.id))
    with pytest.raises(RuleBroken, match="why it ends"):
        end(world, access_id, reason="")
    end(world, access_id)
    assert who_reads(world) == {"orla", "declan"}
    name(world)  # named anew: a further row, the first one stays
    assert "shauna" in who_reads(world)
    assert len(restricted_access.ended(section_for(world, "declan"), viewer=world.declan)) == 1


def end(world, access_id, reason="Is on leave"):
    restricted.end_reader(
        section_for(world, "declan"),
        actor=world.declan,
        at=clock.now(),
        access_id=access_id,
        reason=reason,
    )


def test_only_the_line_manager_of_the_case_names_readers(world, db_session):
    with pytest.raises(NotAllowed):
        name(world, by="orla")
    with pytest.raises(RuleBroken, match="worker of your agency"):
        name(world, who="tomasz")
    with pytest.raises(RuleBroken, match="already"):
        name(world, who="orla")
    with pytest.raises(RuleBroken, match="why they need"):
        name(world, reason="")
    section = section_for(world, "orla")
    assert not rules.may(world.orla, Do.NAME_READERS, section)
    assert not rules.may(world.orla, Do.HAND_OVER_RESTRICTED, section)


def test_who_is_case_manager_no_more_reads_it_no_more(world, db_session):
    db_session.execute(update(CaseAssignment).values(to_at=clock.now()))
    db_session.commit()
    assert who_reads(world) == {"declan"}


def test_a_key_worker_has_no_place_by_that_alone(world, db_session):
    db_session.add(
        CaseAssignment(
            case_id=world.case_id,
            user_id=world.shauna.user_id,
            role=AssignmentRole.KEY_WORKER,
            from_at=LONG_AGO,
            given_by_id=world.declan.user_id,
        )
    )
    db_session.commit()
    assert who_reads(world) == {"orla", "declan"}


def test_no_line_of_the_timeline_no_news_and_no_mail_come_of_it(world, db_session):
    before = len(db_session.scalars(select(Event.id)).all())
    write(world)
    name(world)
    hand_over(world)
    assert len(db_session.scalars(select(Event.id)).all()) == before
    assert not db_session.scalars(select(Notification.id)).all()
    assert not db_session.scalars(select(OutboxMessage.id)).all()


def test_the_record_of_the_case_says_nothing_of_it_and_its_own_list_does(as_, world, db_session):
    write(world)
    as_("orla").get(f"/cases/{world.reference}/restricted")
    as_("shauna").get(f"/cases/{world.reference}/restricted")
    for address in ("audit", "audit.csv"):
        assert "restricted" not in without_nav(as_("declan").get(f"/cases/{world.reference}/{address}").text)
    page = as_("declan").get(f"/cases/{world.reference}/restricted/access").text
    assert "an entry added" in page and "Shauna Begley" in page and "refused" in page
    for row in db_session.scalars(select(AuditEntry)):
        assert WORDS not in f"{row.what} {row.detail}"


def without_nav(text):
    return text.split("</nav>")[-1].lower()


def test_search_looks_in_the_section_alone_and_leaves_no_words_in_an_address(as_, world):
    write(world, text="Aoife’s father was at the gate")
    write(world, text="Nothing of the kind", known_to="Aoife’s school")
    write(world, text="Seán is to be asked")
    orla, address = as_("orla"), f"/cases/{world.reference}/restricted"
    page = orla.submit(address, address + "/search", words="aoife gate").text
    assert "at the gate" in page and "Nothing of the kind" not in page and "1 of 3" in page
    assert "is to be asked" in orla.submit(address, address + "/search", words="sean").text
    assert "Nothing here holds these words" in orla.submit(address, address + "/search", words="zebra").text
    assert orla.get(address + "/search").status_code == 405
    assert "at the gate" not in orla.get("/people?q=gate").text


def test_many_entries_come_in_pages(as_, world):
    for number in range(23):
        write(world, text=f"entry {number:02} of many")
    first = as_("orla").get(f"/cases/{world.reference}/restricted").text
    assert "entry 22 of many" in first and "entry 02 of many" not in first and "23 entries" in first
    second = as_("orla").get(f"/cases/{world.reference}/restricted?page=2").text
    assert "entry 02 of many" in second and "entry 22 of many" not in second
    assert as_("orla").get(f"/cases/{world.reference}/restricted?page=99").status_code == 200


def test_it_is_written_and_corrected_on_its_pages(as_, world):
    orla, address = as_("orla"), f"/cases/{world.reference}/restricted"
    assert "Nothing is kept apart." in orla.get(address).text
    day = {"received_on-day": "20", "received_on-month": "11", "received_on-year": "2026"}
    said = {
        "kind": "third_party",
        "given_by": "His sister",
        "text": "She is afraid of him",
        "why": "It is hers",
    }
    missing = orla.submit(f"{address}/new", f"{address}/new", **day | said | {"why": ""})
    assert missing.status_code == 422 and "Say why it is kept apart" in missing.text
    assert "She is afraid of him" in missing.text
    assert orla.submit(f"{address}/new", f"{address}/new", **day | said).location == address
    page = orla.get(address).text
    assert "She is afraid of him" in page and "somebody else is in it" in page
    assert "Print" not in without_nav(page) and ".csv" not in page
    entry = page.split("/correction")[0].rsplit("/", 1)[1]
    assert (
        orla.submit(
            f"{address}/{entry}/correction",
            f"{address}/{entry}/correction",
            **day | said | {"text": "She was"},
        ).status_code
        == 303
    )
    assert "Corrected by 2" in orla.get(address).text


def test_it_says_why_there_is_no_print_and_nothing_of_it_is_printed(as_, world):
    write(world)
    page = as_("orla").get(f"/cases/{world.reference}/restricted").text
    assert "no copy and no print of it on purpose" in page
    body = page.split('<div class="ca-restricted">')[1]
    assert body.startswith('\n<p class="ca-restricted__paper">This page is not printed')
    assert WORDS in body  # all of it stands inside what the style sheet takes off paper


def test_the_list_of_accesses_for_the_persons_own_pack_says_nothing_of_it(as_, world, db_session):
    write(world)
    as_("orla").get(f"/cases/{world.reference}/restricted")
    as_("tomasz").get(f"/cases/{world.reference}/disclosures/new")
    as_("orla").get(f"/cases/{world.reference}/notes")
    found = held_accesses.accesses(
        world.person_id, [world.case_id], person_too=True, agency_id=world.agencies["canal"]
    )
    assert found and not [one for one in found if "restricted" in one.what or "disclosure" in one.what]


# --- for the reviewer of a copy ---------------------------------------------------------------------------------------


def test_whoever_looks_through_a_copy_learns_that_there_is_something_and_reads_it_only_if_on_the_list(world):
    write(world, kind=RestrictedKind.THIRD_PARTY)

    def told(who):
        viewer = world.viewers[who]
        return [
            (one.third_party, one.text) for one in reads.restricted_for_review(world.person_id, viewer=viewer)
        ]

    assert told("femi") == [(True, None)]  # the privacy officer of the lead agency
    assert told("orla") == [(True, WORDS)]
    for who in ("shauna", "tomasz", "leah", "ciara", "mark"):
        assert told(who) == []


# --- any grants and ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_who_sees_is_exactly_the_list_whatever_was_granted_ended_or_passed_on(world, db_session, seed):
    """A model of the list beside the house's: people are named, ended, become managers, lose the case."""
    dice, session = random.Random(seed), db_session  # noqa: S311 - dice
    staff = ["orla", "shauna", "declan"]
    cm, manager, named = "orla", "declan", {}
    entries = {}
    today = clock.today()
    for step in range(25):
        act = dice.choice(("name", "end", "manager", "write", "line manager", "run out"))
        who = dice.choice(staff)
        if act == "name" and who not in {cm, manager, *named}:
            if manager == "declan":
                name(world, who=who)
                named[who] = None
        elif act == "end" and named and manager == "declan":
            who = dice.choice(sorted(named))
            row = session.scalar(
                select(RestrictedAccess.id).where(
                    RestrictedAccess.user_id == world.viewers[who].user_id,
                    RestrictedAccess.ended_at.is_(None),
                )
            )
            end(world, row)
            del named[who]
        elif act == "run out" and named:
            who = dice.choice(sorted(named))
            session.execute(
                update(RestrictedAccess)
                .where(
                    RestrictedAccess.user_id == world.viewers[who].user_id,
                    RestrictedAccess.ended_at.is_(None),
                )
                .values(until_on=today - timedelta(days=1))
            )
            del named[who]
        elif act == "manager":
            session.execute(update(CaseAssignment).values(to_at=clock.now()))
            cm = dice.choice(("orla", "shauna"))
            session.add(
                CaseAssignment(
                    case_id=world.case_id,
                    user_id=world.viewers[cm].user_id,
                    role=AssignmentRole.CASE_MANAGER,
                    from_at=clock.now(),
                    given_by_id=world.declan.user_id,
                )
            )
        elif act == "line manager":
            #: an account that manages nobody: the case is without a line manager who could read it
            manager = dice.choice(("declan", "nobody"))
            there = world.declan if manager == "declan" else world.ciara
            session.execute(
                update(Case).where(Case.id == world.case_id).values(line_manager_id=there.user_id)
            )
        elif act == "write":
            readers = {cm, *named} | ({"declan"} if manager == "declan" else set())
            by = dice.choice(sorted(readers))
            narrow = dice.random() < 0.5
            only = set(dice.sample(sorted(readers), dice.randint(0, len(readers)))) if narrow else set()
            text = f"entry {step}"
            write(
                world,
                by=by,
                text=text,
                narrow=narrow,
                reader_ids=tuple(world.viewers[one].user_id for one in only),
            )
            entries[text] = {by, *only} if narrow else None
        session.commit()
        listed = {cm, *named} | ({"declan"} if manager == "declan" else set())
        assert who_reads(world) == listed, (step, act)
        section = section_for(world, sorted(listed)[0])
        shown = {one.name for one in restricted_access.on_the_list(section, viewer=world.declan)}
        assert shown == {world.viewers[one].name for one in listed}, (step, act)
        for one in listed:
            may = {
                text
                for text, only in entries.items()
                if only is None or one in only or (one == "declan" and manager == "declan")
            }
            assert texts(world, one) == may, (step, act, one)


def test_the_hidden_fields_alone_write_nothing(as_, world, db_session):
    orla = as_("orla")
    fields = fields_of(orla.get(f"/cases/{world.reference}/restricted/new").text)
    answer = orla.post(f"/cases/{world.reference}/restricted/new", data={"csrf_token": fields["csrf_token"]})
    assert answer.status_code == 422 and not db.session.scalars(select(RestrictedEntry.id)).all()
