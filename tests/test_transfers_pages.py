"""Transfers as people see them: the pages, the walls between them, and two who act at the same moment."""

import threading

import pytest
from sqlalchemy import func, select

from caseapp import clock, create_app, ids
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import (
    Case,
    CaseAssignment,
    OutboxMessage,
    Transfer,
    TransferApproach,
    TransferStep,
    User,
)
from caseapp.services import assignments, transfer_approaches, transfer_taking_over, transfers
from caseapp.vocabulary import ApproachState, AssignmentRole, TransferReason, TransferStage
from caseapp.web import sealed
from tests import transfers as way
from tests import world as standing
from tests.browser import fields_of
from tests.meetings import parts, send


def test_the_whole_way_through_the_pages(world, as_):
    """F8: begun by an exclusion, asked without a name, agreed to, handed over, looked through, taken over."""
    orla, nora, declan = as_("orla"), as_("nora"), as_("declan")
    new = f"/cases/{world.reference}/transfers/new"
    page = orla.get(f"{new}?why=excluded").text
    assert 'value="excluded" checked' in page
    answer = send(
        orla, new, reason="excluded", **parts("excluded_on", clock.today()), why="Barred after a fight"
    )
    assert answer.status_code == 303
    transfer = db.session.scalar(select(Transfer.id))
    at = way.address(transfer)
    assert "has not been told yet" in orla.get(at).text
    # said later, with its day (S3-81)
    assert send(orla, f"{at}/assurances").status_code == 303
    assert "Told on" in orla.get(at).text

    ask = {"agency_id": str(world.agencies["northgate"]), "words": "One person; housing and drug use"}
    assert send(orla, f"{at}/approaches/new", **ask).status_code == 303
    shown = nora.get(at).text
    assert "One person; housing" in shown
    assert "Niall" not in shown and world.reference not in shown and "Barred" not in shown
    assert "waiting for your step" in nora.get("/team").text
    assert "asks whether we take a case over" in nora.get("/team").text

    assert send(nora, f"{at}/answer", answer="yes", worker_id=str(world.mark.user_id)).status_code == 303
    today = parts("talked_on", clock.today())
    given = {"understood": "y", "copy_given": "y", "keeps": "nothing", **today}
    assert send(orla, f"{at}/consent", **given).status_code == 303
    assert "Niall Rafter" in nora.get(at).text
    assert nora.get(f"{at}/handover/read").status_code == 404
    assert send(orla, f"{at}/handover-day", **parts("on", clock.today())).status_code == 303
    form = {**way.FORM, **parts("held_on", clock.today())}
    fields = orla.get(f"{at}/handover")
    assert "Hand over" in fields.text
    again = orla.submit(f"{at}/handover", f"{at}/handover", **form)
    assert again.status_code == 303  # the draft
    assert nora.get(f"{at}/handover/read").status_code == 404
    typed = fields_of(orla.get(f"{at}/handover").text) | form
    assert orla.post(f"{at}/handover/handed-over", data=typed).status_code == 303
    assert "CANARY-PACK-summary" in nora.get(f"{at}/handover/read").text
    assert send(declan, f"{at}/handover/review").status_code == 303
    over = {
        "case_manager_id": str(world.mark.user_id),
        "line_manager_id": str(world.nora.user_id),
        "sure": "y",
    }
    answer = send(nora, f"{at}/taking-over", **over)
    assert answer.status_code == 303 and answer.location.endswith(f"/cases/{world.reference}/plan")
    assert orla.get(f"/cases/{world.reference}").status_code == 404
    assert as_("mark").get(f"/cases/{world.reference}").status_code == 200
    # the agency that led keeps a receipt, and nothing about the person
    receipt = orla.get(at)
    assert receipt.status_code == 200 and "Northgate Probation took it over" in receipt.text
    assert not any(word in receipt.text for word in ("Niall", "CANARY", world.reference, "Barred"))
    for message in db.session.scalars(select(OutboxMessage)):
        assert "Niall" not in message.subject + message.body


def test_what_is_missing_stands_beside_its_field_and_what_was_typed_is_kept(world, as_):
    orla = as_("orla")
    answer = send(orla, f"/cases/{world.reference}/transfers/new", reason="excluded", why="Barred & gone")
    assert answer.status_code == 422
    assert "from which day" in answer.text and "Barred &amp; gone" in answer.text
    transfer = way.begun(world)
    named = send(
        orla,
        f"{way.address(transfer)}/approaches/new",
        agency_id=str(world.agencies["northgate"]),
        words="Take Niall",
    )
    assert named.status_code == 422 and "is the person’s name" in named.text and "Take Niall" in named.text


def test_a_page_that_is_older_than_the_transfer_answers_409_and_keeps_what_was_typed(world, as_):
    transfer = way.begun(world)
    db.session.commit()
    orla = as_("orla")
    at = f"{way.address(transfer)}/end"
    old = fields_of(orla.get(at).text)
    way.asked(world, transfer)
    answer = orla.post(at, data=old | {"reason": "He stays with us"})
    assert answer.status_code == 409
    assert "He stays with us" in answer.text and "in another window" in answer.text
    assert "says the same as yours" not in answer.text and "See how it stands now" in answer.text
    assert way.row(transfer).ended_at is None


def test_a_doubled_click_begins_one_transfer(world, as_):
    orla, at = as_("orla"), f"/cases/{world.reference}/transfers/new"
    typed = fields_of(orla.get(at).text) | {"reason": "relapse", "why": "Since the spring"}
    first, second = orla.post(at, data=typed), orla.post(at, data=typed)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert db.session.scalar(select(func.count()).select_from(Transfer)) == 1


def test_whoever_has_no_part_in_it_is_answered_as_if_there_were_none(world, as_):
    transfer = way.ready(world)
    db.session.commit()
    nowhere = ids.written(transfer + 1)
    for who in ("shauna", "tomasz", "amina", "leah", "ciara", "sinead"):
        client = as_(who)
        for tail in ("", "/handover/read", "/handover/print", "/answer", "/taking-over", "/consent"):
            answer = client.get(way.address(transfer) + tail)
            assert answer.status_code == 404, (who, tail)
            assert answer.status_code == client.get(f"/transfers/{nowhere}{tail}").status_code


def test_the_list_and_its_file_name_only_whom_the_reader_may_know(world, as_):
    transfer = way.begun(world)
    way.asked(world, transfer)
    db.session.commit()
    own, asked = as_("declan").get("/transfers").text, as_("nora").get("/transfers").text
    assert "Niall Rafter" in own and "A person who is not named" in asked
    assert (
        "Niall" not in asked
        and "Northgate" not in as_("amina").get("/transfers?state=any").text.split("<main")[1]
    )
    # nor is a name found that may not be read
    words = sealed.seal("rafter")
    assert "A person who is not named" not in as_("nora").get(f"/transfers?words={words}").text
    assert "Niall Rafter" in as_("declan").get(f"/transfers?words={words}").text


def test_closing_offers_a_transfer_instead(world, as_):
    """S3-54, S3-60."""
    page = as_("declan").get(f"/cases/{world.reference}/close").text
    assert f"/cases/{world.reference}/transfers/new?why=programme_complete" in page
    assert f"/cases/{world.reference}/transfers/new?why=elsewhere" in page


def test_a_meeting_is_called_for_by_an_exclusion_and_not_by_any_transfer(world, as_):
    """S2-35 (5)."""
    way.begun(world)
    page = as_("orla").get(f"/cases/{world.reference}/meetings/new").text
    assert "the transfer has begun" not in page
    db.session.execute(
        Transfer.__table__.update().values(reason=TransferReason.EXCLUDED, excluded_on=clock.today())
    )
    db.session.commit()
    page = as_("orla").get(f"/cases/{world.reference}/meetings/new").text
    assert "the transfer has begun" in page


# --- two at the same moment -----------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(another_database, tmp_path):
    """An application on a database of its own, as threads need it."""
    app = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": another_database,
            "CASEAPP_DATA": str(tmp_path),
            "SECRET_KEY": "x",
        }
    )
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def at_once(app, *acts):
    """Run them at the same moment, each in its own transaction; what came of each."""
    outcomes, gate = [], threading.Barrier(len(acts))

    def run(act):
        with app.app_context():
            gate.wait()
            try:
                act()
                outcomes.append("done")
            except (RuleBroken, Stale, NotAllowed, NotVisible) as refused:
                outcomes.append(type(refused).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_agencies_that_accept_at_the_same_moment_leave_one_that_takes_it_on(elsewhere):
    with elsewhere.app_context():
        world = standing.build()
        transfer = way.begun(world)
        for agency in ("northgate", "harbour"):
            way.asked(world, transfer, agency)
        files = {who: way.seen(world.viewers[who], transfer) for who in ("nora", "amina")}
        db.session.remove()

    def accept(who):
        return lambda: transfer_approaches.answer(
            files[who], actor=world.viewers[who], at=clock.now(), accepts=True, text=""
        )

    outcomes = at_once(elsewhere, accept("nora"), accept("amina"), accept("nora"))
    with elsewhere.app_context():
        states = db.session.scalars(select(TransferApproach.state)).all()
        assert sorted(states) == [ApproachState.ACCEPTED, ApproachState.TAKEN_BACK]
        assert way.row(transfer).stage is TransferStage.ACCEPTED_IN_PRINCIPLE
    assert len(outcomes) == 3 and "done" in outcomes


def test_whoever_comes_first_the_case_has_one_manager_and_one_lead(elsewhere):
    """S3-23, S3-51: taken over twice, ended and given to a colleague, all at the same moment."""
    with elsewhere.app_context():
        world = standing.build()
        transfer = way.ready(world)
        theirs, ours = way.seen(world.nora, transfer), way.seen(world.declan, transfer)
        db.session.remove()

    def over(worker):
        return lambda: transfer_taking_over.take_over(
            theirs, actor=world.nora, at=clock.now(), case_manager_id=world.viewers[worker].user_id
        )

    def end():
        transfers.withdraw(ours, actor=world.declan, at=clock.now(), reason="Not now")

    outcomes = at_once(elsewhere, over("mark"), over("nora"), end)
    assert sorted(outcomes)[-1] == "done" and outcomes.count("done") == 1, outcomes
    with elsewhere.app_context():
        managers = db.session.execute(
            select(User.agency_id)
            .join(CaseAssignment, CaseAssignment.user_id == User.id)
            .where(
                CaseAssignment.role == AssignmentRole.CASE_MANAGER,
                CaseAssignment.to_at.is_(None),
            )
        ).all()
        effective = way.row(transfer).stage is TransferStage.EFFECTIVE
        lead = world.agencies["northgate" if effective else "canal"]
        assert managers == [(lead,)]
        assert db.session.scalar(select(Case.lead_agency_id).where(Case.id == world.case_id)) == lead
        steps = select(func.count()).select_from(TransferStep).where(TransferStep.act == "effective")
        assert db.session.scalar(steps) == int(effective)


def test_a_colleague_named_while_the_case_goes_over_never_stands_in_the_other_agencys_case(elsewhere):
    """F8: the case manager leaves post at the very moment."""
    with elsewhere.app_context():
        world = standing.build()
        transfer = way.ready(world)
        theirs, case = way.seen(world.nora, transfer), world.case_for(world.declan)
        db.session.remove()

    def over():
        transfer_taking_over.take_over(
            theirs, actor=world.nora, at=clock.now(), case_manager_id=world.mark.user_id
        )

    def rename():
        assignments.allocate(
            case, actor=world.declan, at=clock.now(), user_id=world.shauna.user_id, reason="Orla leaves"
        )

    outcomes = at_once(elsewhere, over, rename)
    assert "done" in outcomes
    with elsewhere.app_context():
        managers = db.session.scalars(
            select(CaseAssignment.user_id).where(
                CaseAssignment.role == AssignmentRole.CASE_MANAGER, CaseAssignment.to_at.is_(None)
            )
        ).all()
        assert managers == [world.mark.user_id]
