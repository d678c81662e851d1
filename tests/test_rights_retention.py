"""How long a record is kept: listed, decided, held (X-9, 14.2.7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from caseapp import clock, ids
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.models import Case, LegalHold, Notification, Person
from caseapp.protocols import add_months
from caseapp.services import disposals, legal_holds, retention
from caseapp.vocabulary import HoldGround, RetentionDecision, RetentionRule
from tests.browser import parse
from tests.kept_records import by, closed, disposed, in_a_fortnight, listed, only_review, seen, years_ago
from tests.world import LONG_AGO

# --- what is due ----------------------------------------------------------------------------------------------------


def test_a_record_is_due_eight_years_after_the_end_of_care_and_not_a_day_before(world, db_session):
    closed(world.case_id, years_ago(8) + timedelta(days=1))
    assert retention.due(clock.now()) == []
    closed(world.case_id, years_ago(8))
    (one,) = retention.due(clock.now())
    assert (one.rule, one.years, one.due_on) == (RetentionRule.CARE, 8, clock.today())


def test_an_open_case_is_never_due(world, db_session):
    db_session.execute(text("UPDATE \"case\" SET opened_at = '2001-01-01 09:00:00+00'"))
    assert retention.due(clock.now()) == []


def test_a_contact_without_a_case_is_due_after_two_years(world, db_session):
    person = Person(
        given_name="Contact",
        family_name="Sample",
        registered_by_agency_id=world.agencies["canal"],
        registered_by_id=world.orla.user_id,
        registered_at=clock.at_local(years_ago(2), LONG_AGO.time()),
    )
    db_session.add(person)
    db_session.commit()
    (one,) = retention.due(clock.now())
    assert (one.person_id, one.rule, one.years) == (person.id, RetentionRule.CONTACT, 2)


def test_the_years_are_the_agencys_own_setting(world, db_session):
    from caseapp.models import AgencySetting

    db_session.add(
        AgencySetting(
            agency_id=world.agencies["canal"],
            key="retention_years",
            value=6,
            changed_at=LONG_AGO,
            changed_by_id=world.ciara.user_id,
        )
    )
    closed(world.case_id, years_ago(6))
    assert [one.years for one in retention.due(clock.now())] == [6]


@pytest.mark.parametrize("ended, due", [(None, False), (5, False), (6, True)])
def test_a_grievance_that_ended_later_keeps_the_rest_of_the_record(world, db_session, ended, due):
    from caseapp.models import PersonGrievance

    closed(world.case_id, years_ago(9))
    at = None if ended is None else clock.at_local(years_ago(ended), LONG_AGO.time())
    db_session.add(
        PersonGrievance(
            agency_id=world.agencies["canal"],
            person_id=world.person_id,
            case_id=world.case_id,
            words="Nobody rang back",
            received_on=years_ago(9),
            due_on=years_ago(9),
            recorded_at=LONG_AGO,
            recorded_by_id=world.orla.user_id,
            handler_id=world.declan.user_id,
            stage="received" if at is None else "ended",
            ended_at=at,
        )
    )
    db_session.commit()
    assert bool(retention.due(clock.now())) is due


def test_listing_twice_lists_once_and_tells_once(world, db_session):
    listed(world)
    assert retention.list_due(at=clock.now()) == 0
    told = db_session.scalars(select(Notification).where(Notification.kind == "retention")).all()
    assert {one.user_id for one in told} == {world.declan.user_id, world.femi.user_id}
    assert len(told) == 2 and all("Niall" not in one.plain for one in told)


def test_the_command_says_what_is_due_and_names_nobody(app, world, db_session):
    closed(world.case_id, years_ago(8, 3))
    db_session.remove()
    for new in (1, 0):
        result = app.test_cli_runner().invoke(args=["retention"])
        assert result.exit_code == 0, result.output
        assert f"{new} put forward, 0 disposed of" in result.output
        assert "Canal Street Drug Service: 1 due" in result.output
        assert "Niall" not in result.output


def test_a_new_episode_takes_it_off_the_list(world, db_session):
    listed(world)
    old = db_session.get(Case, world.case_id)
    db_session.add(
        Case(
            reference="52830663",
            person_id=world.person_id,
            episode=2,
            lead_agency_id=old.lead_agency_id,
            line_manager_id=old.line_manager_id,
            protocol_key=old.protocol_key,
            status="case_managed",
            opened_at=clock.now(),
            opened_by_id=old.opened_by_id,
            last_activity_at=clock.now(),
        )
    )
    db_session.commit()
    assert retention.list_due(at=clock.now()) == 0
    db_session.expire_all()
    assert only_review().decision is RetentionDecision.LAPSED


# --- deciding -------------------------------------------------------------------------------------------------------


def test_line_managers_decide_and_privacy_officers_read_along(world, db_session):
    listed(world)
    femi = seen(world.femi)
    assert femi is not None
    with pytest.raises(NotAllowed):
        retention.approve(femi, **by(world.femi))
    legal_holds.hold(femi, **by(world.femi), ground=HoldGround.INQUIRY, reason="HIQA asks")
    for other in ("orla", "shauna", "tomasz", "amina", "mark", "nora", "sinead", "root", "ciara"):
        assert seen(world.viewers[other]) is None, other


def test_kept_longer_with_a_reason_it_comes_back_when_the_years_are_over(world, db_session):
    review = listed(world)
    with pytest.raises(RuleBroken, match="how many years"):
        retention.keep(review, **by(world.declan), years=None, reason="A claim")
    with pytest.raises(RuleBroken, match="why"):
        retention.keep(review, **by(world.declan), years=2, reason="")
    retention.keep(review, **by(world.declan), years=2, reason="A claim is likely")
    assert retention.list_due(at=clock.now()) == 0
    later = clock.at_local(add_months(clock.today(), 24) + timedelta(days=1), LONG_AGO.time())
    assert retention.list_due(at=later) == 1


def test_a_disposal_waits_a_fortnight_in_which_it_is_taken_back(world, db_session):
    retention.approve(listed(world), **by(world.declan))
    early = clock.now() + timedelta(days=retention.GRACE - 1)
    assert disposals.dispose_due(at=early) == (0, 0)
    retention.take_back(seen(world.declan), **by(world.declan))
    assert disposals.dispose_due(at=in_a_fortnight()) == (0, 0)
    assert db_session.get(Case, world.case_id) is not None


def test_nothing_is_disposed_of_under_a_legal_hold(world, db_session):
    review = listed(world)
    retention.approve(review, **by(world.declan))
    hold_id = legal_holds.hold(
        review, **by(world.declan), ground=HoldGround.CLAIM, reason="A letter before action"
    )
    assert disposals.dispose_due(at=in_a_fortnight()) == (0, 0), "the decision was called off"
    with pytest.raises(RuleBroken, match="legal hold"):
        retention.approve(seen(world.declan), **by(world.declan))
    # a hold that came past the decision in some other way is seen at the last moment
    db_session.execute(
        text(
            "UPDATE retention_review SET decision = 'dispose', dispose_on = :d, decided_by_id = :u, decided_at = :a"
        ),
        {"d": clock.today(), "u": world.declan.user_id, "a": LONG_AGO.isoformat(sep=" ")},
    )
    db_session.commit()
    assert disposals.dispose_due(at=clock.now()) == (0, 1)
    db_session.expire_all()
    assert only_review().decision is RetentionDecision.WAITING
    with pytest.raises(RuleBroken, match="why the hold ends"):
        legal_holds.lift(seen(world.declan), **by(world.declan), hold_id=hold_id, reason="")
    legal_holds.lift(seen(world.declan), **by(world.declan), hold_id=hold_id, reason="Settled")
    assert disposed(world) == (1, 0)


def test_a_hold_whose_last_day_has_passed_holds_no_more(world, db_session):
    listed(world)
    db_session.add(
        LegalHold(
            agency_id=world.agencies["canal"],
            person_id=world.person_id,
            ground=HoldGround.COURT,
            reason="An order",
            begun_at=LONG_AGO,
            begun_by_id=world.declan.user_id,
            until_on=clock.today() - timedelta(days=1),
        )
    )
    db_session.commit()
    assert retention.what_stops(world.agencies["canal"], world.person_id, clock.now()) == ""


# --- the pages ------------------------------------------------------------------------------------------------------


def test_a_line_manager_decides_on_the_page_and_takes_it_back(as_, world, db_session):
    review = listed(world)
    declan = as_("declan")
    assert "Niall Rafter" in declan.get("/retention").text
    here = f"/retention/{ids.written(review.id)}"
    assert "What is kept" in declan.get(here).text
    assert declan.submit(here, f"{here}/dispose").status_code == 303
    db_session.expire_all()
    assert only_review().decision is RetentionDecision.DISPOSE
    assert "Niall Rafter" in declan.get("/retention?which=dispose").text
    assert declan.submit(here, f"{here}/take-back").status_code == 303
    refused = declan.submit(here, f"{here}/keep", **{"keep-years": "0", "keep-reason": "A claim"})
    assert refused.status_code == 422 and "from 1 to 100" in refused.text and "A claim" in refused.text
    assert (
        declan.submit(here, f"{here}/keep", **{"keep-years": "3", "keep-reason": "A claim"}).status_code
        == 303
    )
    assert (
        declan.submit(
            here, f"{here}/hold", **{"hold-ground": "claim", "hold-reason": "A letter came"}
        ).status_code
        == 303
    )
    assert "A letter came" in declan.get(here).text
    femi = as_("femi")
    assert femi.get(here).status_code == 200
    assert femi.post(f"{here}/take-back", data={}).status_code in (400, 403)
    assert as_("orla").get("/retention").status_code == 403
    assert as_("orla").get(here).status_code == 404


def test_a_hold_is_put_on_a_case_long_before_anything_is_due(as_, world, db_session):
    declan = as_("declan")
    here = f"/cases/{world.reference}/holds"
    done = declan.submit(here, here, **{"hold-ground": "wish", "hold-reason": "He asked to keep it"})
    assert done.status_code == 303
    assert "He asked to keep it" in declan.get(here).text
    for who, code in (("orla", 403), ("tomasz", 403), ("mark", 404)):
        assert as_(who).get(here).status_code == code, who


def test_whoever_comes_second_reads_what_came_of_it_and_keeps_their_words(as_, world, db_session):
    review = listed(world)
    page = f"/retention/{ids.written(review.id)}"
    held = legal_holds.hold(review, **by(world.femi), ground=HoldGround.CLAIM, reason="A claim")
    other = legal_holds.hold(review, **by(world.femi), ground=HoldGround.COURT, reason="An order")
    declan, femi = as_("declan"), as_("femi")
    address = f"{page}/holds/{ids.written(held)}/lift"
    typed = next(f for f in parse(femi.get(page).text).forms if f.action == address).fields
    assert declan.submit(page, address, **{"lift-reason": "It was settled"}).status_code == 303
    late = femi.post(address, data=typed | {"lift-reason": "My own reason"})
    assert late.status_code == 422 and "This hold has been lifted already" in late.text
    assert "My own reason" in late.text.split("<main")[1].split("<form")[0], (
        "kept above, and in no other hold’s form"
    )
    assert "Lifted by Declan Moyne" in late.text
    legal_holds.lift(review, **by(world.femi), hold_id=other, reason="Over")
    typed = next(f for f in parse(declan.get(page).text).forms if f.action.endswith("/keep")).fields
    retention.approve(review, **by(world.declan))
    late = declan.post(
        f"{page}/keep", data=typed | {"keep-years": "2", "keep-reason": "I thought of a claim"}
    )
    assert late.status_code == 409 and "I thought of a claim" in late.text
    assert "You changed this yourself at " in late.text
    assert only_review().decision is RetentionDecision.DISPOSE
