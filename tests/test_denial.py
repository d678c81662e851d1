"""Named denial (X-8): whoever is shut out of a person sees nothing of them, whatever else would show it, from the next
request on. A denial beats every grant."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    Action,
    AuditEntry,
    Case,
    Notification,
    OutboxMessage,
    PersonGrievance,
    User,
)
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries import denials as reads
from caseapp.queries import team
from caseapp.services import assignments, denials, digests, events, reviews
from caseapp.vocabulary import DenialGround, PersonGrievanceStage, Role

WHY = "They are brother and sister."


def shut_out(world, who, *, by="orla", **more):
    return denials.deny(
        world.case_for(world.viewers[by]),
        actor=world.viewers[by],
        at=clock.now(),
        user_id=world.viewers[who].user_id,
        ground=DenialGround.FAMILY,
        reason=WHY,
        **more,
    )


PAGES = ("/cases/{ref}/plan", "/cases/{ref}/notes", "/cases/{ref}/meetings", "/cases/{ref}/timeline")


@pytest.mark.parametrize("who", ["declan", "tomasz", "leah", "shauna"])
def test_neither_role_nor_consent_opens_what_somebody_is_denied(app, world, as_, who):
    browser = as_(who)
    assert browser.get(f"/cases/{world.reference}/plan").status_code == 200
    shut_out(world, who)
    for path in PAGES:
        assert browser.get(path.format(ref=world.reference)).status_code == 404, path
    found = browser.get("/people?q=Niall+Rafter")
    assert "Rafter" not in found.text.replace("Niall Rafter", "", found.text.count('value="Niall Rafter"'))
    for path in ("/", "/news", "/people", "/meetings", "/gaps-and-blocks"):
        page = browser.get(path)
        if page.status_code == 303:
            page = browser.get(page.headers["Location"])
        assert "Rafter" not in page.text and world.reference not in page.text, path


def test_what_is_denied_answers_like_what_does_not_exist(app, world, as_):
    shut_out(world, "tomasz")
    browser = as_("tomasz")
    denied, unknown = browser.get(f"/cases/{world.reference}/plan"), browser.get("/cases/10000022/plan")
    assert denied.status_code == unknown.status_code == 404
    assert denied.text.split("<main")[1] == unknown.text.split("<main")[1]


def test_a_viewer_without_the_session_s_knowledge_is_asked_about_each_time(app, world):
    assert Viewer(1, 2, Role.WORKER, "a", "b").undenied is False
    shut_out(world, "tomasz")
    assert world.case_for(world.tomasz) is None
    knows = Viewer(
        *(getattr(world.tomasz, name) for name in ("user_id", "agency_id", "roles", "name", "agency_name")),
        denied=True,
    )
    assert scopes.find_case(knows, world.reference) is None


def test_ending_it_lets_them_see_what_consent_shows_and_the_history_stays(app, world, as_):
    denial = shut_out(world, "tomasz")
    case = world.case_for(world.orla)
    with pytest.raises(RuleBroken, match="10 characters"):
        denials.end(case, denial, actor=world.orla, at=clock.now(), reason="no")
    denials.end(case, denial, actor=world.orla, at=clock.now(), reason="He has moved to another team.")
    assert as_("tomasz").get(f"/cases/{world.reference}/plan").status_code == 200
    [one] = reads.of_case(case, viewer=world.orla)
    assert [step.act.value for step in one.steps] == ["set", "ended"]
    assert one.ended_at and one.steps[0].text == WHY


def test_a_denied_worker_cannot_be_given_anything_and_the_sentence_says_so(app, world):
    shut_out(world, "shauna")
    case = world.case_for(world.declan)
    for act in (assignments.allocate, assignments.add_key_worker):
        with pytest.raises(RuleBroken, match="Shauna Begley may not know of this person"):
            act(case, actor=world.declan, at=clock.now(), user_id=world.shauna.user_id, reason="x")


def test_a_denial_beats_the_part_that_somebody_has_on_the_case(app, world, as_):
    """Nobody can be shut out while they work on it, nor be given work while shut out; should both stand all the same (a restore,
    a hand in the database), the denial holds."""
    orla = as_("orla")
    for path in ("/people?which=mine", "/caseload", "/gaps-and-blocks", "/our-actions"):
        assert orla.get(path).status_code == 200
    assert "Rafter" in orla.get("/people?which=mine").text and "Rafter" in orla.get("/caseload").text
    db.session.add(
        AccessDenial(
            user_id=world.orla.user_id,
            agency_id=world.orla.agency_id,
            person_id=world.person_id,
            ground=DenialGround.FAMILY,
            reason=WHY,
            set_at=clock.now(),
            set_by_id=world.declan.user_id,
            set_by_agency_id=world.declan.agency_id,
            looked_at=clock.now(),
        )
    )
    db.session.commit()
    assert world.case_for(world.orla) is None
    for path in ("/people?which=mine", "/people", "/caseload", "/gaps-and-blocks", "/our-actions", "/"):
        page = orla.get(path)
        assert "Rafter" not in page.text and world.reference not in page.text, path
    for predicate in (scopes.MY_CASE, scopes.SEES_ALL, scopes.SEES_CASE, scopes.SEES_WHOLE_PLAN):
        assert not db.session.execute(select(Case.id).where(predicate), scopes.binds(world.orla)).all()


def test_the_case_manager_is_not_shut_out_before_another_is_named(app, world):
    with pytest.raises(RuleBroken, match="Orla Keaveney is case manager now"):
        shut_out(world, "orla", by="declan")
    case = world.case_for(world.declan)
    assignments.allocate(case, actor=world.declan, at=clock.now(), user_id=world.shauna.user_id, reason="x")
    shut_out(world, "orla", by="declan")
    assert world.case_for(world.orla) is None


def test_actions_that_name_them_stay_with_their_agency_without_a_name(app, world):
    shut_out(world, "tomasz")
    action = db.session.get(Action, world.actions["letter"], populate_existing=True)
    assert action.owner_user_id is None and action.owner_agency_id == world.agencies["harbour"]


def test_somebody_of_an_agency_that_is_not_on_the_case_cannot_be_named(app, world):
    with pytest.raises(RuleBroken, match="agency on this case"):
        shut_out(world, "sinead")


def test_only_who_answers_for_the_case_shuts_out(app, world, as_):
    case = world.case_for(world.tomasz)
    with pytest.raises(NotAllowed):
        denials.deny(
            case,
            actor=world.tomasz,
            at=clock.now(),
            user_id=world.leah.user_id,
            ground=DenialGround.OTHER,
            reason=WHY,
        )
    assert as_("tomasz").get(f"/cases/{world.reference}/denials").status_code == 403
    assert as_("femi").get(f"/cases/{world.reference}/denials").status_code == 404


def test_whoever_is_shut_out_is_not_told_and_no_mail_says_it(app, world):
    before = {row.id for row in db.session.scalars(select(Notification))}
    shut_out(world, "tomasz", by="declan")
    told = {row.user_id for row in db.session.scalars(select(Notification)) if row.id not in before}
    assert told == {world.orla.user_id}
    assert not db.session.scalars(select(OutboxMessage)).all()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "named denial: recorded")).one()
    assert entry.about_id == world.tomasz.user_id and WHY not in str(entry.detail)


def test_news_that_came_before_is_gone_from_list_number_and_digest(app, world, as_):
    events.happened(
        world.case_for(world.orla),
        "action_changed",
        "CANARY news",
        actor=world.orla,
        at=clock.now(),
        tell_agency_id=world.agencies["harbour"],
    )
    db.session.commit()
    assert 'class="n">1' in as_("tomasz").get("/news").text
    shut_out(world, "tomasz")
    page = as_("tomasz").get("/news")
    assert 'class="n">1' not in page.text
    digests.write(at=clock.now(), public_url="")
    addressed = {row.to_address for row in db.session.scalars(select(OutboxMessage))}
    assert world.tomasz.email not in addressed


def test_a_line_manager_s_numbers_do_not_count_what_they_are_denied(app, world):
    cases = db.session.execute(select(Case.id).where(team.MANAGED), scopes.binds(world.declan)).all()
    assert len(cases) == 1
    shut_out(world, "declan")
    assert db.session.execute(select(Case.id).where(team.MANAGED), scopes.binds(world.declan)).all() == []


def test_a_person_s_grievance_is_hidden_from_who_is_denied_the_person(app, world, as_):
    row = PersonGrievance(
        agency_id=world.agencies["canal"],
        person_id=world.person_id,
        case_id=world.case_id,
        words="CANARY-grievance",
        wanted="",
        answer_how="",
        helper="",
        received_on=clock.today(),
        due_on=clock.today(),
        stage=PersonGrievanceStage.RECEIVED,
        recorded_at=clock.now(),
        recorded_by_id=world.orla.user_id,
        handler_id=world.declan.user_id,
    )
    db.session.add(row)
    db.session.commit()
    page = f"/grievances/persons/{ids.written(row.id)}"
    assert as_("declan").get(page).status_code == 200
    shut_out(world, "declan")
    assert as_("declan").get(page).status_code == 404


def test_the_administrator_shuts_out_by_reference_and_learns_nothing(app, world, as_):
    """The line manager is the one in conflict: somebody who reads no case records it, and the answer is the same for a
    reference that no case has."""
    browser = as_("ciara")
    answers = []
    for reference in (world.reference, "10000022"):
        response = browser.submit(
            "/conflicts/new",
            "/conflicts/new",
            user_id=str(world.declan.user_id),
            reference=reference,
            ground="family",
            reason=WHY,
        )
        answers.append((response.status_code, response.headers.get("Location")))
    assert answers[0] == answers[1] == (303, "/conflicts")
    listed = browser.get("/conflicts")
    assert "41 72 93 04" in listed.text and "10 00 00 22" in listed.text and "Rafter" not in listed.text
    assert as_("declan").get(f"/cases/{world.reference}/plan").status_code == 404
    assert "41 72 93 04" not in as_("declan").get("/conflicts").text, "one’s own is not shown"
    told = db.session.scalars(select(Notification).where(Notification.kind == denials.KIND)).all()
    assert {row.user_id for row in told} == {world.orla.user_id}


def test_each_review_of_the_plan_asks_whether_it_is_still_needed(app, world):
    denial = shut_out(world, "tomasz")
    case = world.case_for(world.orla)
    later = clock.now() + timedelta(minutes=1)
    assert not reads.of_case(case, viewer=world.orla)[0].due
    reviews.hold(case, actor=world.orla, at=later, held_on=clock.today(), works="All of it works.")
    assert reads.of_case(case, viewer=world.orla)[0].due
    assert db.session.scalars(
        select(Notification).where(
            Notification.kind == denials.KIND, Notification.plain.like("The plan was%")
        )
    ).all()
    denials.keep(case, denial, actor=world.orla, at=later + timedelta(minutes=1), text="Asked again")
    assert not reads.of_case(case, viewer=world.orla)[0].due


def test_a_line_manager_shut_out_of_a_case_is_no_longer_its_line_manager(app, world):
    other = User(
        agency_id=world.agencies["canal"],
        name="Una Second-Manager",
        roles=Role.LINE_MANAGER,
        email="una@canal.example",
        created_at=clock.now(),
    )
    db.session.add(other)
    db.session.commit()
    other_id = other.id
    with pytest.raises(RuleBroken, match="Choose who is it instead"):
        shut_out(world, "declan")
    shut_out(world, "declan", instead_id=other_id)
    assert db.session.scalar(select(Case.line_manager_id).where(Case.id == world.case_id)) == other_id


def test_the_pages_of_a_denial_record_keep_and_end_it(app, world, as_):
    browser = as_("orla")
    base = f"/cases/{world.reference}/denials"
    assert "Nobody is shut out" in browser.get(base).text
    empty = browser.submit(f"{base}/new", f"{base}/new")
    assert empty.status_code == 422 and "Choose a member of staff" in empty.text
    typed = {"user_id": str(world.tomasz.user_id), "ground": "persons_wish", "reason": WHY}
    assert browser.submit(f"{base}/new", f"{base}/new", **typed).status_code == 303
    page = browser.get(base)
    assert "Tomasz Wilk" in page.text and WHY in page.text
    row = db.session.scalars(select(AccessDenial)).one()
    where = f"{base}/{ids.written(row.id)}"
    assert browser.submit(base, f"{where}/keep").status_code == 303
    assert "still needed" in browser.get(base).text
    assert browser.submit(f"{where}/end", f"{where}/end", reason="No longer near.").status_code == 303
    assert "Nobody is shut out" in browser.get(base).text
    assert browser.get(f"{where}/end").status_code == 404
