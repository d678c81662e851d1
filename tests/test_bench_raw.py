"""The yardstick of the benchmark is a page of the same content (issue 2, 8): whatever stands in the plan, the page by hand-written
SQL (bench/raw.py) says it word for word as ours does, with the same links, forms and buttons."""

import difflib
import importlib
import re
import sys
from datetime import timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url, select

from bench import data
from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    AccessRequest,
    Action,
    AgencySetting,
    Attendee,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    Chapter,
    ChapterVersion,
    ConsentExclusion,
    ConsentGrant,
    Escalation,
    Event,
    Goal,
    GoalStep,
    LeadClaim,
    Meeting,
    Need,
    Notification,
    Person,
    PlanAgreement,
    PlanIssue,
    PlanVersion,
    ReadingStanding,
    Transfer,
)
from caseapp.vocabulary import (
    ActionKind,
    ActionStatus,
    AgreementRoute,
    AttendeeKind,
    Audience,
    CaseStatus,
    ConsentStatus,
    EscalationKind,
    GoalStatus,
    MeetingKind,
    MeetingStatus,
    NeedLevel,
    PlanStatus,
    PracticeArea,
    TransferReason,
)
from tests.world import sign_in

#: What is new in every answer, or stands for the content of a file.
TOKENS = ("csrf_token", "once")


class Document(HTMLParser):
    """A page as a list of its tags and of its words, whatever the blanks between them."""

    def __init__(self, html):
        super().__init__()
        self.parts, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        kept = dict(attrs)
        if kept.get("name") in TOKENS:
            kept["value"] = ""
        for name in ("href", "src"):
            if kept.get(name, "").startswith("/static/"):
                kept[name] = kept[name].split("?")[0]
        self.parts.append((tag, tuple(kept.items())))

    def handle_endtag(self, tag):
        self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        if words := " ".join(data.split()):
            self.parts.append(words)
            self.words.append(words)


@pytest.fixture
def bench_world(app, database, db_session):
    """A small benchmark world: its cases, each with its own case manager, as (reference, case id, user id)."""
    database.kept("bench", lambda: data.build(database.url, 12, 40) and None)
    rows = db_session.execute(
        select(Case.reference, Case.id, CaseAssignment.user_id)
        .join(CaseAssignment, CaseAssignment.case_id == Case.id)
        .order_by(Case.id)
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def raw(app, database, monkeypatch):
    """A browser before the raw page, on the same database."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    for name in ("raw", "raw_sql", "raw_words"):
        monkeypatch.delitem(sys.modules, f"bench.{name}", raising=False)
    page = importlib.import_module("bench.raw")
    yield page.app.test_client()
    importlib.import_module("bench.raw_sql").close()


@pytest.fixture
def both(app, raw):
    """A function that asks both pages about a case, as this case manager, and gives the words that both say."""

    def ask(reference, user_id, after=""):
        client = app.test_client()
        sign_in(client, SimpleNamespace(user_id=user_id))
        db.session.commit()
        ours, theirs = (page.get(f"/cases/{reference}/plan") for page in (client, raw))
        assert (ours.status_code, theirs.status_code) == (200, 200), after
        mine, yours = Document(ours.text), Document(theirs.text)
        differs = list(difflib.unified_diff(yours.words, mine.words, "raw", "ours", n=1, lineterm=""))
        assert not differs, "\n".join((after, *differs))
        assert yours.parts == mine.parts, after
        assert 0.97 < len(theirs.data) / len(ours.data) < 1.03, after
        return " ".join(yours.words)

    return ask


def test_both_pages_say_the_same_about_every_case(bench_world, both):
    said = {both(reference, user_id) for reference, _, user_id in (*bench_world[:9:4], bench_world[-1])}
    assert len(said) == 4
    assert any("The review was due" in words for words in said)
    assert not all("The review was due" in words for words in said)


def test_both_pages_say_the_same_of_a_plan_with_everything_in_it(world, both):
    words = both(world.reference, world.viewers["orla"].user_id)
    assert "Things to put right" in words or "things to put right" in words


def test_a_case_that_is_not_there_has_no_page(bench_world, raw):
    assert raw.get("/cases/41729304/plan").status_code == 404


class Plan:
    """One case of the benchmark's world, for changing it."""

    def __init__(self, case_id, user_id):
        self.case_id, self.user_id = case_id, user_id
        self.at, self.today = clock.now(), clock.today()
        self.case = db.session.get(Case, case_id)
        self.head = db.session.get(CarePlan, case_id)
        self.person = db.session.get(Person, self.case.person_id)
        self.goals = self.all(Goal, Goal.number)
        self.grants = self.all(ConsentGrant, ConsentGrant.agency_id)
        self.lead = self.case.lead_agency_id

    def all(self, model, order):
        return list(db.session.scalars(select(model).where(model.case_id == self.case_id).order_by(order)))

    def action(self, *statuses, ours=False):
        """An action that stands so, of another agency unless it is to be ours."""
        of = Action.owner_agency_id == self.lead if ours else Action.owner_agency_id != self.lead
        return db.session.scalars(
            select(Action)
            .where(
                Action.case_id == self.case_id, of, Action.status.in_(statuses), Action.due_on.is_not(None)
            )
            .order_by(Action.id)
            .limit(1)
        ).one()

    def add(self, model, **values):
        if "id" in model.__table__.c:
            values.setdefault("id", new_id())
        row = model(**values)
        db.session.add(row)
        db.session.flush()
        return row

    def add_here(self, model, **values):
        return self.add(model, case_id=self.case_id, **values)


S = ActionStatus


def an_action_is_blocked(p):
    p.action(S.ACCEPTED).status = S.BLOCKED
    return ("blocked",)


def an_action_is_declined(p):
    action = p.action(S.REQUESTED)
    action.status, action.status_reason, action.last_note = S.DECLINED, "No room until spring", ""
    return "1 declined", "declined, nothing in its place", "Choose what happens now", "No room until spring"


def an_action_has_no_date(p):
    p.action(S.ACCEPTED).due_on = None
    return "no date yet", ": no date", "Put it right"


def an_action_has_nobody(p):
    action = p.action(S.REQUESTED)
    action.owner_agency_id = action.owner_user_id = None
    return "Nobody yet", ": nobody to do it", "To accept", "Decline"


def an_action_has_neither_worker_nor_date(p):
    action = p.action(S.REQUESTED)
    action.owner_user_id = action.due_on = None
    action.last_note, action.what = (
        "",
        "Words that are longer than the list of things to put right has room for",
    )
    return "no worker named yet", "…: no worker and no date", "no answer for"


def an_action_is_the_persons_own(p):
    action = p.action(S.IN_PROGRESS)
    action.by_person, action.owner_user_id, action.owner_name = True, None, "Dr Hana Petrov"
    return ("with Dr Hana Petrov",)


def an_action_is_the_persons_alone(p):
    action = p.action(S.IN_PROGRESS)
    action.by_person, action.owner_agency_id, action.owner_user_id, action.due_on = True, None, None, p.today
    return "alone", "today"


def our_own_actions_stand_in_every_way(p):
    for status in (S.REQUESTED, S.PROPOSED, S.DECLINED, S.NOT_COMPLETED, S.CANCELLED):
        action = p.action(S.ACCEPTED, S.IN_PROGRESS, S.BLOCKED, ours=True)
        action.status = status
        action.status_reason = (
            "It was too far" if status in (S.DECLINED, S.NOT_COMPLETED, S.CANCELLED) else ""
        )
        action.ended_on = p.today if status is S.NOT_COMPLETED else None
    return "Accept : ", "Not done", "Stopped", "Change"


def a_referral_waits_for_the_clinic(p):
    action = p.action(S.REQUESTED)
    action.kind, action.status = ActionKind.DETOX_REFERRAL, S.PROPOSED
    return "Waits for the talk with Agency 00001.", "Record that talk"


def goals_lack_words_and_measure(p):
    p.goals[0].words, p.goals[0].title, p.goals[1].measure = "", "A home", ""
    return "is not in ", "A home", "Goal 2 has no measure", "Add a measure"


def a_goal_passes_its_check(p):
    goal = p.goals[2]
    goal.smart_specific = goal.smart_measurable = goal.smart_achievable = goal.smart_relevant = True
    both_say = "Goal 3 has not passed the SMART check"
    yield both_say
    goal.smart_timed = True
    yield "Goal 4 has not passed the SMART check"


def goals_end_and_wait(p):
    p.goals[2].status, p.goals[3].status = GoalStatus.ON_HOLD, GoalStatus.CANCELLED
    p.goals[4].status, p.goals[4].ended_at, p.goals[4].priority = GoalStatus.COMPLETED, p.at, None
    p.goals[4].target_on = None
    return "On hold", "Dropped", "Reached"


def a_goal_begins_without_action(p):
    p.add_here(
        Goal,
        number=6,
        domain="no_such_domain",
        words="To sing & <dance>",
        created_at=p.at,
        created_by_id=p.user_id,
    )
    return "No such domain", "Nobody works on goal 6 yet", "Nobody works on this goal yet."


def a_goal_has_steps(p):
    p.add(GoalStep, goal_id=p.goals[0].id, position=2, text="Second step")
    p.add(GoalStep, goal_id=p.goals[0].id, position=1, text="First step", done_on=p.today)
    return ("First step, ",)


def a_high_need_has_no_goal(p):
    values = {"level": NeedLevel.HIGH, "changed_at": p.at, "changed_by_id": p.user_id}
    p.add_here(Need, domain="legal", **values)
    p.add_here(Need, domain="family", priority=1, **values)
    return "is a high need without a goal", "are medium or high with nothing in the plan that meets them"


def consents_end(p):
    for grant, days in zip(p.grants, (0, 1, 5, 28), strict=False):
        grant.expires_on = p.today + timedelta(days=days)
    p.grants[4].expires_on, p.grants[4].full_plan = None, True
    return (
        "consent ends today",
        "ends tomorrow",
        "ends in 5 days",
        "in 28 days",
        "Renew it with",
        "the full plan",
    )


def the_agency_warns_later(p):
    p.add(
        AgencySetting,
        agency_id=p.lead,
        key="consent_warning_days",
        value=3,
        changed_at=p.at,
        changed_by_id=p.user_id,
    )
    return ("ends tomorrow",)


def a_consent_is_withdrawn(p):
    grant = p.grants[5]
    grant.status, grant.withdrawn_at, grant.withdrawn_by_id = ConsentStatus.WITHDRAWN, p.at, p.user_id
    return "an action, but no consent", "It has an action but sees nothing"


def other_agencies_are_known(p):
    known = {p.lead, *(grant.agency_id for grant in p.grants)}
    others = [one for one in db.session.scalars(select(ConsentGrant.agency_id)) if one not in known]
    first, second, third, *_ = sorted(set(others))
    p.add_here(CaseAgency, agency_id=first, known_on=p.today, contact_name="Sister Bríd")
    p.add_here(ConsentExclusion, agency_id=second, recorded_at=p.at, recorded_by_id=p.user_id)
    p.add_here(
        ConsentGrant,
        agency_id=third,
        kind=p.grants[0].kind,
        status=ConsentStatus.ACTIVE,
        purpose="the shared plan",
        starts_on=p.today,
        talked_on=p.today,
        understood=True,
        copy_given=True,
        recorded_at=p.at,
        recorded_by_id=p.user_id,
    )
    return (
        "no consent, no action",
        "Sister Bríd",
        "Never to be told",
        "has no action",
        "nobody named there yet",
    )


def somebody_is_never_to_be_told_and_has_an_action(p):
    p.add_here(ConsentExclusion, agency_id=p.grants[5].agency_id, recorded_at=p.at, recorded_by_id=p.user_id)
    return "must never be told, and has an action", "wants it never to be told"


def an_issue_is_raised(p):
    values = {"agency_id": p.grants[0].agency_id, "raised_by_id": p.user_id, "text": "Wrong"}
    p.add_here(PlanIssue, raised_at=p.at - timedelta(days=40), **values)
    p.add_here(PlanIssue, raised_at=p.at, **values)
    return "waits for your answer, ", "Issues 2"


def the_review_is_overdue(p):
    p.head.next_review_on = p.today - timedelta(days=30)
    return "The review was due on", "working days late"


def no_review_is_set(p):
    p.head.next_review_on = None
    return "No day is set for the next review", "No day set"


def nothing_says_what_to_do(p):
    p.head.contingency, p.head.strengths, p.head.strengths_around = "", "Sings", "A sister\nin Cork"
    yield "Nothing says what to do if things go wrong", "What helps", "Sings", "A sister in Cork"
    p.head.no_contingency_reason = "Did not want one"
    yield "Nothing is written here: Did not want one"


def the_person_is_told_of(p):
    person = p.person
    person.known_as, person.born_approximate, person.safe_contact = "Dee", True, "text first"
    person.language, person.interpreter, person.access_needs = "Polish", True, "no stairs"
    return (
        "Only about Dee: can",
        "Born about",
        "· text first · speaks Polish, with an interpreter · no stairs",
    )


def versions_are_agreed(p):
    p.add_here(
        PlanVersion,
        number=2,
        agreed_at=p.at,
        recorded_by_id=p.user_id,
        reason="After the review",
        content={"needs": [], "goals": []},
    )
    p.head.agreed_version = 2
    values = {"number": 2, "agreed_on": p.today, "route": AgreementRoute.HERE, "recorded_at": p.at}
    p.add_here(PlanAgreement, by_person=True, recorded_by_id=p.user_id, **values)
    for grant, agreed in zip(p.grants[:3], (True, True, False), strict=True):
        p.add_here(
            PlanAgreement, agency_id=grant.agency_id, agreed=agreed, recorded_by_id=p.user_id, **values
        )
    return "By Dee and 2 of 3 agencies", "Version 2, agreed", "After the review"


def nothing_is_agreed(p):
    p.head.agreed_version, p.head.agreed_at, p.head.status = 0, None, PlanStatus.PROPOSED
    return ("Not agreed yet Proposed",)


def more_happens_than_is_shown(p):
    values = {"actor_id": p.user_id, "agency_id": p.lead, "kind": "note_added", "audience": Audience.ALL}
    for n in range(3):
        p.add_here(Event, at=p.at, summary=f"Newest {n}", **values)
    return "All 9 entries", "Newest 2"


def news_is_unread(p):
    for n in range(31):
        p.add(Notification, user_id=p.user_id, at=p.at, kind="plan", plain=f"News {n}")
        if n == 2:
            yield "News 3 unread"
    yield "News 30+ unread"


def things_wait_beside_the_navigation(p):
    meeting = p.add_here(
        Meeting,
        agency_id=p.grants[0].agency_id,
        kind=MeetingKind.REVIEW,
        status=MeetingStatus.SCHEDULED,
        status_at=p.at,
        proposed_at=p.at,
        proposed_by_id=p.user_id,
        starts_at=p.at + timedelta(days=9),
    )
    p.add(
        Attendee,
        meeting_id=meeting.id,
        kind=AttendeeKind.AGENCY,
        agency_id=p.lead,
        added_at=p.at,
        added_by_id=p.user_id,
        invited_at=p.at,
    )
    chapter = p.add(
        Chapter,
        agency_id=p.lead,
        number="1",
        place=1,
        title="Keys",
        area=next(iter(PracticeArea)),
        created_at=p.at,
    )
    p.add(
        ChapterVersion,
        chapter_id=chapter.id,
        number=1,
        title="Keys",
        written_at=p.at,
        published_at=p.at,
        published_by_id=p.user_id,
        effective_on=p.today,
        counts_from=1,
    )
    p.add(
        ReadingStanding,
        user_id=p.user_id,
        chapter_id=chapter.id,
        asked_at=p.at,
        due_on=p.today,
        confirmed_number=0,
    )
    p.add_here(
        AccessRequest,
        asker_id=p.user_id,
        agency_id=p.lead,
        purpose="Covers a holiday",
        needed_until=p.today,
        asked_at=p.at,
        lapses_on=p.today,
    )
    p.add(
        Escalation,
        number=1,
        kind=next(iter(EscalationKind)),
        domain="accommodation",
        agency_id=p.lead,
        raised_by_id=p.user_id,
        holder_id=p.user_id,
        area_id=db.session.scalar(select(data.Area.id)),
        service="Beds",
        service_key="beds",
        title="No beds",
        noticed_on=p.today,
        raised_at=p.at,
        age_from=p.today,
        held_since=p.at,
        last_step_at=p.at,
        level=1,
        reads_up_to=1,
    )
    return (
        "Meetings 1 to answer",
        "Gaps and blocks 1 waiting for your answer",
        "Procedures 1 to read",
        "Requests for access 1 to answer",
        "Review of the plan",
        "· arranged",
    )


def the_meeting_is_called_off(p):
    meeting = db.session.scalars(select(Meeting)).one()
    meeting.status, meeting.status_reason = MeetingStatus.NOT_CONVENED, "Nobody could come"
    for agency in (p.lead, p.grants[0].agency_id):
        p.add(LeadClaim, meeting_id=meeting.id, agency_id=agency, written_at=p.at, written_by_id=p.user_id)
    return ("A case meeting is called for: 2 agencies claimed the lead",)


def a_transfer_begins(p):
    p.add_here(
        Transfer,
        from_agency_id=p.lead,
        reason=TransferReason.EXCLUDED,
        excluded_on=p.today,
        status_before=CaseStatus.CASE_MANAGED,
        requested_at=p.at,
        requested_by_id=p.user_id,
    )
    return "Transfers 1 waiting for your step", ", and 4 more"


def there_is_no_goal(p):
    steps = list(db.session.scalars(select(GoalStep)))
    for rows in (steps, p.all(Action, Action.id), p.all(Goal, Goal.id)):
        for row in rows:
            db.session.delete(row)
        db.session.flush()
    return "No goal yet.", "Write the first goal"


CHANGES = (
    an_action_is_blocked,
    an_action_is_declined,
    an_action_has_no_date,
    an_action_has_nobody,
    an_action_has_neither_worker_nor_date,
    an_action_is_the_persons_own,
    an_action_is_the_persons_alone,
    our_own_actions_stand_in_every_way,
    a_referral_waits_for_the_clinic,
    goals_lack_words_and_measure,
    a_goal_passes_its_check,
    goals_end_and_wait,
    a_goal_begins_without_action,
    a_goal_has_steps,
    a_high_need_has_no_goal,
    consents_end,
    the_agency_warns_later,
    a_consent_is_withdrawn,
    other_agencies_are_known,
    somebody_is_never_to_be_told_and_has_an_action,
    an_issue_is_raised,
    the_review_is_overdue,
    no_review_is_set,
    nothing_says_what_to_do,
    the_person_is_told_of,
    versions_are_agreed,
    nothing_is_agreed,
    more_happens_than_is_shown,
    news_is_unread,
    things_wait_beside_the_navigation,
    the_meeting_is_called_off,
    a_transfer_begins,
    there_is_no_goal,
)


def test_both_pages_say_the_same_after_every_change(bench_world, both):
    reference, case_id, user_id = bench_world[0]
    for change in CHANGES:
        done = change(Plan(case_id, user_id))
        for words in [done] if isinstance(done, tuple) else done:
            said = both(reference, user_id, change.__name__)
            missing = [one for one in ([words] if isinstance(words, str) else words) if one not in said]
            assert not missing, (change.__name__, missing, said)


@pytest.fixture
def joined_by_hash(app, database):
    """PostgreSQL joins by hash, as it does by itself once its tables have grown: then rows come as they lie there."""
    if database.kind == "sqlite":
        yield
        return
    name = make_url(database.url).database
    with database.server.connect(name) as control:
        for setting in ("SET enable_nestloop = off", "RESET enable_nestloop"):
            control.execute(f'ALTER DATABASE "{name}" {setting}')
            db.session.remove()  # a connection that is out when its pool ends is closed by nobody
            with app.app_context():
                db.engine.dispose()
            if setting.startswith("SET"):
                yield


def test_the_newest_entry_stands_first_however_the_database_joins(bench_world, joined_by_hash, both):
    reference, case_id, user_id = bench_world[0]
    p = Plan(case_id, user_id)
    values = {"agency_id": p.grants[0].agency_id, "raised_by_id": user_id, "text": "Wrong"}
    for days in (20, 40):
        p.add_here(PlanIssue, raised_at=p.at - timedelta(days=days), **values)
    words = both(reference, user_id)
    days = re.findall(r"A note on how the week went (\d) Jun 2026", words)
    assert days == sorted(days, reverse=True)
    late = [int(n) for n in re.findall(r"waits for your answer, (\d+) working days late", words)]
    assert late == sorted(late, reverse=True)
