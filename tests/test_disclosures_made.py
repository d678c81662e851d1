"""Disclosure without consent: nothing stops one, and what is kept of it answers the person, a court or a regulator
(S2-43, X-5, C13)."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from caseapp import clock, disclosure_grounds
from caseapp.errors import NotAllowed, RuleBroken, Stale
from caseapp.models import (
    AuditEntry,
    Case,
    ConsentGrant,
    Disclosure,
    DisclosureStep,
    Event,
    Notification,
    OutboxMessage,
    Person,
    User,
)
from caseapp.policy import disclosures as policy
from caseapp.policy import scopes
from caseapp.queries import disclosures_made as reads
from caseapp.queries.disclosures_made import Wanted
from caseapp.services import disclosures
from caseapp.services.disclosures import Made
from caseapp.vocabulary import AuditAct, DisclosureAct
from tests.world import LONG_AGO

CHILD, GARDA = "ie_mandated_report", "ie_garda"


def made(**more) -> Made:
    said = {
        "ground": GARDA,
        "ground_note": "Written request of 20 November",
        "recipient_name": "Sergeant Demo",
        "recipient_office": "Garda station, Liffey North",
        "text": "That he was at the hostel that night",
        "disclosed_at": clock.now() - timedelta(hours=1),
        "how": "phone",
        "told": "not",
        "not_told_reason": "He could not be reached",
        "decided_by": "Orla Keaveney, case manager",
        "categories": ("housing",),
    }
    return Made(**said | more)


def record(world, by="orla", **more) -> int:
    viewer = world.viewers[by]
    link = "https://caseapp.example/disclosures"
    return disclosures.record(world.case_for(viewer), made(**more), actor=viewer, at=clock.now(), link=link)


def who_reads(world, disclosure_id):
    return {key for key, one in world.viewers.items() if policy.find_disclosure(one, disclosure_id)}


def file_for(world, who, disclosure_id):
    return policy.find_disclosure(world.viewers[who], disclosure_id)


# --- nothing stops it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["orla", "declan", "shauna", "tomasz", "amina", "leah"])
def test_whoever_practises_and_sees_the_person_records_one(world, db_session, who):
    assert record(world, by=who, ground=CHILD)


def test_neither_a_closed_case_nor_a_refused_consent_stops_it(world, db_session):
    db_session.execute(update(Case).values(status="closed_other", closed_at=clock.now(), close_reason="x"))
    db_session.execute(
        update(ConsentGrant)
        .where(ConsentGrant.agency_id != world.agencies["harbour"])
        .values(status="withdrawn", withdrawn_at=clock.now())
    )
    db_session.commit()
    assert record(world, by="declan") and record(world, by="tomasz")


def test_the_form_asks_for_no_password(as_, world, db_session):
    from caseapp.models import UserSession

    tomasz = as_("tomasz")
    db_session.execute(update(UserSession).values(proved_at=None))
    db_session.commit()
    assert tomasz.get(f"/cases/{world.reference}/disclosures/new").status_code == 200


def test_one_about_a_person_without_a_case_is_recorded_too(world, db_session):
    person = Person(
        given_name="Vera",
        family_name="Demo",
        registered_by_agency_id=world.agencies["harbour"],
        registered_by_id=world.tomasz.user_id,
        registered_at=LONG_AGO,
    )
    db_session.add(person)
    db_session.commit()
    seen = scopes.find_person(world.tomasz, person.id)
    one = disclosures.record(seen, made(ground=CHILD), actor=world.tomasz, at=clock.now())
    assert who_reads(world, one) == {"tomasz", "amina"}


def test_who_does_not_see_the_person_has_no_form(as_, world):
    for who in ("mark", "femi", "sinead", "ciara"):
        assert as_(who).get(f"/cases/{world.reference}/disclosures/new").status_code == 404


@pytest.mark.parametrize(
    ("missing", "say"),
    [
        ({"ground": "nothing"}, "Choose the ground"),
        ({"ground": "uk_child"}, "Choose the ground"),
        ({"ground": "ie_other_law", "ground_note": ""}, "Name the law"),
        ({"recipient_name": ""}, "an office alone is not enough"),
        ({"recipient_office": ""}, "organisation"),
        ({"text": ""}, "what was told"),
        ({"decided_by": ""}, "who decided"),
        ({"disclosed_at": None}, "which day"),
        ({"not_told_reason": ""}, "why they were not told"),
        ({"told": "before"}, "which day they were told"),
        ({"withheld": True, "withheld_reason": ""}, "harm"),
        ({"withheld": True, "withheld_reason": "harm"}, "looked at again"),
    ],
)
def test_it_names_ground_recipient_content_and_who_decided(world, db_session, missing, say):
    with pytest.raises(RuleBroken, match=say):
        record(world, **missing)


def test_what_lies_ahead_is_not_recorded_as_done(world, db_session):
    with pytest.raises(RuleBroken, match="not come yet"):
        record(world, disclosed_at=clock.now() + timedelta(hours=3))


def test_that_somebody_opened_the_form_stands_in_no_list(as_, world):
    """Neither on the person's list nor in the record of the case: it would tell of a report before it is made."""
    as_("tomasz").get(f"/cases/{world.reference}/disclosures/new")
    as_("shauna").get(f"/cases/{world.reference}/disclosures/new")
    for path in ("consent/disclosures", "consent/disclosures/print", "audit", "audit.csv"):
        page = as_("declan").get(f"/cases/{world.reference}/{path}").text
        assert "Tomasz" not in page and "Shauna" not in page, path


# --- who is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "manager"), [("orla", "declan"), ("shauna", "declan"), ("tomasz", "amina")])
def test_the_line_manager_is_told_at_once_in_the_app_and_by_a_mail_that_names_nobody(
    world, db_session, by, manager
):
    record(world, by=by, ground=CHILD)
    notices = db_session.scalars(select(Notification)).all()
    assert [one.user_id for one in notices] == [world.viewers[manager].user_id]
    assert notices[0].case_id is None and notices[0].plain == disclosures.NEWS
    (mail,) = db_session.scalars(select(OutboxMessage)).all()
    assert mail.to_address == f"{manager}@{'canal' if manager == 'declan' else 'harbour'}.example"
    for word in ("Niall", "Rafter", world.reference, "Garda", "child", "Sergeant"):
        assert word not in mail.subject + mail.body + notices[0].plain


def test_a_broken_mail_address_of_the_manager_does_not_stop_it(world, db_session):
    db_session.execute(update(User).where(User.id == world.declan.user_id).values(email="no address"))
    db_session.commit()
    assert record(world)


def test_the_manager_acknowledges_it_and_nobody_acknowledges_their_own(world, db_session):
    one = record(world)
    with pytest.raises(NotAllowed):
        disclosures.acknowledge(file_for(world, "orla", one), actor=world.orla, at=clock.now())
    assert reads.waiting(viewer=world.declan) == 1 and reads.waiting(viewer=world.orla) == 0
    disclosures.acknowledge(file_for(world, "declan", one), actor=world.declan, at=clock.now(), note="Right.")
    assert reads.waiting(viewer=world.declan) == 0
    acts = db_session.scalars(select(DisclosureStep.act).order_by(DisclosureStep.id)).all()
    assert acts == [DisclosureAct.RECORDED, DisclosureAct.SEEN]


def test_where_nobody_else_could_acknowledge_it_the_managers_own_counts_as_seen(world, db_session):
    one = record(world, by="amina", ground=CHILD)
    assert db_session.get(Disclosure, one).seen_by_id == world.amina.user_id
    assert not db_session.scalars(select(Notification.id)).all()


# --- where it stands ----------------------------------------------------------------------------------------------


def test_one_about_a_child_by_the_lead_agency_lives_in_the_restricted_section(as_, world, db_session):
    one = record(world, by="shauna", ground=CHILD, recipient_office="Tusla duty office")
    assert who_reads(world, one) == {"shauna", "orla", "declan"}
    assert "Tusla duty office" in as_("orla").get(f"/cases/{world.reference}/restricted").text
    for path in ("plan", "timeline", "audit", "consent/disclosures", "consent/disclosures/print"):
        page = as_("orla").get(f"/cases/{world.reference}/{path}")
        assert page.status_code == 200 and "Tusla" not in page.text, path


def test_a_tick_is_enough_to_keep_it_there(world, db_session):
    one = record(world, by="shauna", child_protection=True)
    assert db_session.get(Disclosure, one).in_section


def test_a_partners_report_about_a_child_stays_with_its_author_and_line_manager(as_, world, db_session):
    one = record(world, by="tomasz", ground=CHILD, recipient_office="Tusla duty office")
    assert who_reads(world, one) == {"tomasz", "amina"}
    for who in ("orla", "declan"):
        for path in ("restricted", "consent/disclosures", "audit", "timeline"):
            page = as_(who).get(f"/cases/{world.reference}/{path}").text
            assert "Tusla" not in page and "disclosure without" not in page.lower().split("</nav>")[
                -1
            ].replace("record a disclosure", ""), (who, path)


def test_any_other_stands_on_the_persons_list_with_its_named_recipient(as_, world):
    record(world)
    record(world, by="tomasz", recipient_name="Nurse Demo", text="words of the hostel alone")
    page = as_("orla").get(f"/cases/{world.reference}/consent/disclosures").text
    printed = as_("orla").get(f"/cases/{world.reference}/consent/disclosures/print").text
    for text in (page, printed):
        assert "Sergeant Demo, Garda station, Liffey North" in text and "Nurse Demo" in text
        assert "Data Protection Act 2018, s. 41" in text
        assert "words of the hostel alone" not in text
    assert not policy.find_disclosure(world.orla, _of(world, "tomasz"))


def _of(world, who):
    from caseapp.extensions import db

    return db.session.scalar(select(Disclosure.id).where(Disclosure.author_id == world.viewers[who].user_id))


def test_what_could_harm_is_left_out_of_the_persons_copy_until_somebody_decides(as_, world, db_session):
    until = clock.today() + timedelta(days=30)
    one = record(world, withheld=True, withheld_reason="He could go there", withheld_until=until)
    for path in ("consent/disclosures", "consent/disclosures/print", "audit"):
        assert "Sergeant" not in as_("declan").get(f"/cases/{world.reference}/{path}").text
    db_session.execute(update(Disclosure).values(withheld_until=clock.today() - timedelta(days=1)))
    db_session.commit()
    assert "Sergeant" not in as_("declan").get(f"/cases/{world.reference}/consent/disclosures/print").text
    rows, total = reads.team(Wanted(state="look_again"), viewer=world.declan, limit=9)
    assert total == 1 and rows[0].look_again
    disclosures.withhold(
        file_for(world, "declan", one), actor=world.declan, at=clock.now(), keep=False, reason="He knows"
    )
    assert "Sergeant" in as_("declan").get(f"/cases/{world.reference}/consent/disclosures/print").text


def test_the_day_to_look_again_lies_within_twelve_months(world, db_session):
    far = clock.today() + timedelta(days=400)
    with pytest.raises(RuleBroken, match="twelve months"):
        record(world, withheld=True, withheld_reason="harm", withheld_until=far)


def test_once_they_were_told_nothing_is_kept_from_their_copy(world, db_session):
    until = clock.today() + timedelta(days=30)
    one = record(world, withheld=True, withheld_reason="He could go there", withheld_until=until)
    disclosures.told(file_for(world, "orla", one), actor=world.orla, at=clock.now(), on=clock.today())
    assert db_session.get(Disclosure, one).withheld_until is None
    for again in (
        lambda: disclosures.told(
            file_for(world, "orla", one), actor=world.orla, at=clock.now(), on=clock.today()
        ),
        lambda: disclosures.withhold(
            file_for(world, "declan", one),
            actor=world.declan,
            at=clock.now(),
            keep=True,
            reason="harm",
            until=until,
        ),
        lambda: record(world, told="before", told_on=clock.today(), withheld=True),
    ):
        with pytest.raises(RuleBroken, match="told already"):
            again()


def test_two_who_decide_about_the_copy_do_not_overwrite_each_other(world, db_session):
    one = record(world)
    file = file_for(world, "declan", one)
    until = clock.today() + timedelta(days=30)
    by = {"actor": world.declan, "at": clock.now(), "version": file.version, "keep": True, "reason": "harm"}
    disclosures.withhold(file, until=until, **by)
    with pytest.raises(Stale):
        disclosures.withhold(file, until=until + timedelta(days=1), **by)


def test_its_words_are_never_changed_a_correction_is_added_and_takes_its_place(world, db_session):
    one = record(world)
    for statement in (update(Disclosure).values(text="other"), delete(Disclosure), delete(DisclosureStep)):
        with pytest.raises(DBAPIError):
            db_session.execute(statement)
        db_session.rollback()
    two = disclosures.correct(
        file_for(world, "orla", one),
        made(recipient_name="Sergeant Other"),
        actor=world.orla,
        at=clock.now(),
    )
    names = [row.recipient_name for row in reads.team(Wanted(), viewer=world.declan, limit=9)[0]]
    assert names == ["Sergeant Other"]
    first = reads.whole(file_for(world, "orla", one), viewer=world.orla)
    assert first.recipient_name == "Sergeant Demo" and first.corrected_by_id == two


def test_a_correction_of_one_about_a_child_stays_apart_whatever_it_says(world, db_session):
    one = record(world, ground=CHILD)
    two = disclosures.correct(
        file_for(world, "orla", one), made(ground=GARDA), actor=world.orla, at=clock.now()
    )
    kept = db_session.get(Disclosure, two)
    assert kept.child_protection and kept.in_section


def test_it_is_written_in_the_record_as_disclosed_and_the_timeline_is_silent(world, db_session):
    before = len(db_session.scalars(select(Event.id)).all())
    record(world)
    record(world, ground=CHILD)
    rows = db_session.execute(
        select(AuditEntry.what, AuditEntry.case_id, AuditEntry.person_id)
        .where(AuditEntry.act == AuditAct.DISCLOSED)
        .order_by(AuditEntry.id)
    ).all()
    assert [row.what for row in rows] == [
        "a disclosure without consent: recorded",
        "the restricted section: recorded",
    ]
    assert {(row.case_id, row.person_id) for row in rows} == {(None, world.person_id)}
    assert len(db_session.scalars(select(Event.id)).all()) == before


# --- pages ---------------------------------------------------------------------------------------------------------


def test_it_is_recorded_acknowledged_and_corrected_on_its_pages(as_, world, db_session):
    address = f"/cases/{world.reference}/disclosures/new"
    said = {
        "ground": "ie_life",
        "recipient_name": "Paramedic Demo",
        "recipient_office": "Ambulance control",
        "text": "What he had taken",
        "day-day": "20",
        "day-month": "11",
        "day-year": "2026",
        "hour": "14:05",
        "how": "phone",
        "decided_by": "Tomasz Wilk",
        "told": "not",
    }
    tomasz = as_("tomasz")
    refused = tomasz.submit(address, address, **said)
    assert refused.status_code == 422 and "Say why they were not told" in refused.text
    assert "What he had taken" in refused.text
    done = tomasz.submit(address, address, **said | {"not_told_reason": "He was unconscious"})
    assert done.status_code == 303
    page = tomasz.get(done.location).text
    assert "Ambulance control" in page and "Not acknowledged yet" in page and "I have seen it" not in page
    amina = as_("amina")
    assert "to be seen" in amina.get("/disclosures").text
    assert "1</b> waits for you" in amina.get("/disclosures").text
    seen = amina.submit(done.location, done.location + "/acknowledgement")
    assert seen.status_code == 303 and "Acknowledged by Amina Yusuf" in amina.get(done.location).text
    correction = done.location + "/correction"
    added = tomasz.submit(correction, correction, text="What he said he had taken")
    assert added.status_code == 303
    assert "It corrects" in tomasz.get(added.location).text
    assert "corrected since" in tomasz.get(done.location).text


def test_what_was_told_just_now_needs_no_time_of_day(as_, world, db_session):
    address = f"/cases/{world.reference}/disclosures/new"
    said = {"ground": "ie_life", "recipient_name": "P", "recipient_office": "A", "text": "x", "how": "phone"}
    done = as_("tomasz").submit(address, address, told="not", not_told_reason="asleep", **said)
    assert done.status_code == 303, done.text
    one = db_session.scalars(select(Disclosure)).one()
    assert one.disclosed_at == one.written_at


def test_the_page_of_one_asks_for_the_password(as_, world, db_session):
    from caseapp.models import UserSession

    one = record(world)
    orla = as_("orla")
    from caseapp.ids import written

    db_session.execute(update(UserSession).values(proved_at=None))
    db_session.commit()
    assert orla.get(f"/disclosures/{written(one)}").location.startswith("/prove?next=")


def test_the_list_of_the_team_and_its_file_say_nothing_of_one_about_a_child(as_, world):
    record(world)
    record(world, ground=CHILD, recipient_office="Tusla duty office", recipient_name="Worker Demo")
    page, file = as_("declan").get("/disclosures").text, as_("declan").get("/disclosures.csv").text
    assert "About the protection of a child: open it to read it" in page
    assert "Garda station" in page and "Garda station" in file
    for text in (page, file):
        assert "Tusla" not in text and "Worker Demo" not in text
    assert len(file.strip().splitlines()) == 2


def test_the_list_is_filtered_sorted_and_paged(as_, world):
    for number in range(27):
        record(world, by="shauna" if number % 2 else "orla", recipient_name=f"Person {number:02}")
    declan = as_("declan")
    first, second = declan.get("/disclosures").text, declan.get("/disclosures?page=2").text
    assert first.count("Garda station") == 25 and second.count("Garda station") == 2
    assert declan.get("/disclosures?page=9").text.count("Garda station") == 2
    shauna = str(world.shauna.user_id)
    assert declan.get(f"/disclosures?author={shauna}").text.count("Garda station") == 13
    assert "None of these." in declan.get("/disclosures?state=look_again").text
    assert "No disclosure was recorded." in as_("leah").get("/disclosures").text
    assert as_("orla").get("/disclosures?sort=who").status_code == 200


def test_after_another_agency_leads_whoever_disclosed_still_answers_for_it(world, db_session):
    one = record(world, ground=CHILD)
    db_session.execute(
        update(Case).values(lead_agency_id=world.agencies["northgate"], line_manager_id=world.nora.user_id)
    )
    db_session.commit()
    assert who_reads(world, one) == {"orla", "declan"}
    assert reads.whole(file_for(world, "orla", one), viewer=world.orla).person == ""


# --- the grounds --------------------------------------------------------------------------------------------------


def test_each_jurisdiction_has_its_grounds_and_the_case_says_which(as_, world, db_session):
    page = as_("orla").get(f"/cases/{world.reference}/disclosures/new").text
    assert "Children First Act 2015, s. 14" in page and "Care Act 2014" not in page
    db_session.execute(update(Case).values(protocol_key="uk-adult", protocol_version=1))
    db_session.commit()
    page = as_("orla").get(f"/cases/{world.reference}/disclosures/new").text
    assert "Care Act 2014" in page and "Children First" not in page


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('key = "ie_court"', 'key = "ie_life"'),
        ('words = "Order of a court"', 'words = ""'),
        ('jurisdiction = "UK"', 'jurisdiction = "IE"'),
        ("[[category]]", "[[other]]"),
        ("child_protection = true", "childs = true"),
    ],
)
def test_a_file_of_grounds_with_a_fault_is_refused(tmp_path, was, now):
    text = disclosure_grounds.FILE.read_text(encoding="utf-8").replace(was, now)
    (tmp_path / "grounds.toml").write_text(text, encoding="utf-8")
    with pytest.raises(disclosure_grounds.GroundsError):
        disclosure_grounds.load(tmp_path / "grounds.toml")
