"""Grievances are records of their own: between agencies the managers talk first (S2-23); a person's own is never read by
the worker whom it is about."""

from datetime import date

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.models import AuditEntry, Escalation, PersonGrievance, ProviderGrievance
from caseapp.policy import grievances as policy
from caseapp.services import grievances, person_grievances
from caseapp.vocabulary import AuditAct, PersonGrievanceStage, ProviderGrievanceStage
from tests.browser import fields_of
from tests.gaps import day


def between(world):
    return grievances.raise_grievance(
        actor=world.declan,
        at=day(9),
        about_agency_id=world.agencies["northgate"],
        title="Letters stay unanswered",
        what="Three letters since May",
        happened_on=date(2026, 11, 2),
    )


def received(world, **more):
    return person_grievances.receive(
        world.case_for(world.orla),
        actor=world.orla,
        at=day(9),
        **{
            "agency_id": world.agencies["harbour"],
            "words": "Nobody knocks",
            "received_on": date(2026, 11, 9),
        }
        | more,
    )


def test_the_managers_talk_before_the_procedure_begins(world, db_session):
    gid = between(world)
    seen = policy.find_provider_grievance
    with pytest.raises(RuleBroken, match="First the managers talk"):
        grievances.to_procedure(seen(world.declan, gid), actor=world.declan, at=day(10), text="No answer")
    grievances.talked(
        seen(world.nora, gid), actor=world.nora, at=day(11), on=date(2026, 11, 10), text="We shall answer"
    )
    with pytest.raises(NotAllowed):
        grievances.to_procedure(seen(world.nora, gid), actor=world.nora, at=day(12), text="No")
    grievances.to_procedure(seen(world.declan, gid), actor=world.declan, at=day(12), text="Still none")
    grievances.end(seen(world.declan, gid), actor=world.declan, at=day(13), how="settled", text="Answered")
    row = db_session.get(ProviderGrievance, gid)
    assert (row.stage, row.talked_on) == (ProviderGrievanceStage.SETTLED, date(2026, 11, 10))
    assert db_session.scalars(select(Escalation)).all() == []


def test_only_managers_of_both_agencies_and_whoever_raised_it_read_a_grievance(world, db_session):
    gid = between(world)
    readers = {
        name for name in world.viewers if policy.find_provider_grievance(world.viewers[name], gid) is not None
    }
    assert readers == {"declan", "nora"}


def test_the_worker_whom_it_is_about_neither_reads_nor_handles_it(world, db_session):
    gid = received(world, agency_id=world.agencies["canal"], about_user_id=world.shauna.user_id)
    about_manager = received(
        world, agency_id=world.agencies["harbour"], about_user_id=None, words="The door is locked"
    )
    readers = {
        name for name in world.viewers if policy.find_person_grievance(world.viewers[name], gid) is not None
    }
    assert readers == {"orla", "declan"}
    assert db_session.get(PersonGrievance, about_manager).handler_id == world.amina.user_id
    with pytest.raises(RuleBroken, match="could look into it"):
        received(world, about_user_id=world.amina.user_id)


def test_a_person_is_answered_and_may_have_it_looked_at_again(world, db_session):
    gid = received(world)
    amina = policy.find_person_grievance
    with pytest.raises(RuleBroken, match="not been answered"):
        person_grievances.speak(
            amina(world.orla, gid), actor=world.orla, at=day(10), how="content", text="Fine"
        )
    person_grievances.answer(
        amina(world.amina, gid),
        actor=world.amina,
        at=day(10),
        text="We knock now",
        person_told_on=date(2026, 11, 10),
    )
    person_grievances.speak(
        amina(world.orla, gid), actor=world.orla, at=day(11), how="not_content", text="Not at night"
    )
    assert db_session.get(PersonGrievance, gid).stage is PersonGrievanceStage.APPEALED


def test_the_pages_of_grievances(world, as_, db_session):
    gid, mine = between(world), received(world)
    assert "Letters stay unanswered" in as_("declan").get("/grievances").text
    assert "Letters stay unanswered" not in as_("orla").get("/grievances").text
    assert as_("orla").get(f"/grievances/between/{ids.written(gid)}").status_code == 404
    page = as_("amina").get(f"/grievances/persons/{ids.written(mine)}")
    assert "Nobody knocks" in page.text
    nora = as_("nora")
    fields = fields_of(nora.get(f"/grievances/between/{ids.written(gid)}").text)
    answer = nora.post(
        f"/grievances/between/{ids.written(gid)}",
        data={
            "csrf_token": fields["csrf_token"],
            "version": fields["version"],
            "step": "answer",
            "text": "Sorry",
        },
    )
    assert answer.status_code == 303
    orla = as_("orla")
    address = f"/cases/{world.reference}/grievances/new"
    assert orla.get(address).status_code == 200
    sent = orla.post(address, data={"csrf_token": fields_of(orla.get(address).text)["csrf_token"]})
    assert sent.status_code == 422
    assert as_("declan").get("/grievances/between/new").status_code == 200


def test_both_lists_are_filtered_searched_and_paged_and_have_their_empty_states(world, as_, db_session):
    nothing = as_("declan").get("/grievances").text
    assert "Nothing stands between your agency and another." in nothing and "Export" not in nothing
    assert "None that you may read." in as_("declan").get("/grievances/persons").text
    first = between(world)
    received(world)
    for number in range(26):
        grievances.raise_grievance(
            actor=world.declan,
            at=day(10),
            about_agency_id=world.agencies["northgate"],
            title=f"Number {number}",
            what="The same again",
            happened_on=date(2026, 11, 2),
        )
    seen = policy.find_provider_grievance(world.declan, first)
    grievances.end(seen, actor=world.declan, at=day(11), how="withdrawn", text="A mistake")
    declan = as_("declan")
    assert "Letters stay unanswered" not in declan.get("/grievances").text  # the oldest: on page 2
    assert "Letters stay unanswered" in declan.get("/grievances?page=2").text
    ended = declan.get("/grievances?state=ended").text
    assert "Letters stay unanswered" in ended and "Number 7" not in ended
    assert "Letters stay unanswered" not in declan.get("/grievances?state=open&page=2").text
    assert declan.get("/grievances?words=letters").text.count('class="title"') == 1
    assert "No grievance matches." in declan.get("/grievances?words=zebra").text
    amina = as_("amina")
    assert "Niall" in amina.get("/grievances/persons?state=received").text
    assert "No grievance matches." in amina.get("/grievances/persons?state=answered").text
    assert "No grievance matches." in as_("declan").get("/grievances/persons?words=zebra").text


def test_a_late_answer_is_found_by_its_filter(world, as_, db_session, monkeypatch):
    received(world)
    amina = as_("amina")
    assert "No grievance matches." in amina.get("/grievances/persons?late=yes").text
    monkeypatch.setattr(clock, "now", lambda: day(20, month=12))
    assert "g-late" in as_("amina").get("/grievances/persons?late=yes").text


def test_the_files_hold_what_the_lists_show_no_formula_and_are_written_down(world, as_, db_session):
    grievances.raise_grievance(
        actor=world.declan,
        at=day(9),
        about_agency_id=world.agencies["northgate"],
        title="=HYPERLINK(1)",
        what="Three letters",
        happened_on=date(2026, 11, 2),
    )
    received(world)
    file = as_("declan").get("/grievances.csv").data.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in file and "Three letters" in file and "Nobody knocks" not in file
    persons = as_("amina").get("/grievances/persons.csv").data.decode("utf-8-sig")
    assert "Nobody knocks" in persons and "Three letters" not in persons
    said = select(AuditEntry.detail).where(
        AuditEntry.act == AuditAct.EXPORTED, AuditEntry.what == "persons’ own grievances"
    )
    assert [detail["cases"] for detail in db_session.scalars(said)] == [[world.case_id]]
