"""Ids of others, put where one's own should stand; records that are over; people who have moved on. Whatever is tried,
nothing of another's record changes, and what is not there answers like what may not be known."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from caseapp import clock, references
from caseapp.extensions import db
from caseapp.ids import new_id, written
from caseapp.models import (
    Action,
    Agency,
    Base,
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
from caseapp.services import cases as case_acts
from caseapp.vocabulary import AssignmentRole, CaseStatus
from tests import canaries
from tests.browser import fields_of
from tests.canaries import FOREIGN_REFERENCE
from tests.world import LONG_AGO, sign_in

#: What every form might ask for, so that an id is judged and not only an empty field.
FILLED = {
    "text": "x", "reason": "x", "note": "x", "how": "x", "words": "x", "what": "x", "answer": "yes", "name": "x", "said": "x",
    "with_whom": "x", "by": "x", "route": "in_person", "said_on": "2026-10-01", "on": "2026-10-01", "kind": "contact",
    "day": "2026-10-01", "agreed": "y", "decision": "ended", "works": "x", "role": "parent", "engaged": "no", "level": "low",
    "achievement": "not_achieved", "stop_actions": "y", "sure": "y", "domain": "drug_use", "version": "1", "who": "nobody",
    "advocacy": "person", "held_on": "2026-10-01", "company": "with", "review_on": "2027-01-01", "scheme": "LINK",
    "value": "1", "email": "x@y.example", "roles": "1", "capacity": "100", "known_on": "2026-10-01", "decided": "agreed",
    "user_id": "1", "agency_id": "1", "until": "8", "list_name": "caseload", "area_id": "1", "seen": "",
}  # fmt: skip


@pytest.fixture
def world(app, database, db_session):
    return database.kept("canaries", canaries.build)


def browser(app, viewer):
    client = app.test_client()
    client.judging = False
    sign_in(client, viewer)
    return client


def on_postgresql() -> bool:
    """Who may is the same code on both databases; there a few stand for all."""
    return db.engine.dialect.name == "postgresql"


def posts(app):
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if "POST" in rule.methods and rule.endpoint not in {"auth.sign_out", "auth.sign_in_now"}:
            yield rule


def built(app, rule, values):
    return app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")


def rows_of(case_id, person_id):
    """Everything that hangs on a case and its person, as it stands in the database."""
    ours = {case_id, person_id}
    found = {}
    tables = {t.name: t for t in Base.metadata.sorted_tables}
    for name, table in tables.items():
        if name in {"audit_entry", "submission", "user_session"}:
            continue
        for row in db.session.execute(select(table)).mappings():
            if any(row[c] in ours for c in ("id", "case_id", "person_id") if c in row):
                found[name, str(row.get("id") or row.get("case_id"))] = dict(row)
    goals = {row["id"] for (name, _), row in found.items() if name == "goal"}
    for row in db.session.execute(select(tables["goal_step"])).mappings():
        if row["goal_id"] in goals:
            found["goal_step", str(row["id"])] = dict(row)
    return found


@pytest.mark.parametrize(
    "name", ["declan", "orla", "shauna", "tomasz", "leah", "ciara", "brid", "root", "femi", "sinead"]
)
def test_no_post_of_anybody_changes_another_agencys_case(app, world, name):
    """Every route that writes, with the foreign case's reference, and with its records under one's own reference."""
    if on_postgresql() and name not in ("declan", "tomasz"):
        return
    client = browser(app, world.viewers[name])
    token = client.token("/account")
    before = rows_of(world.foreign_case_id, world.foreign_person_id)
    own, foreign = world.ids["own"], world.ids["foreign"]
    outer = ("reference", "person_id")
    answers = []
    for rule in posts(app):
        names = rule.arguments
        if not names & {"reference", "person_id", "batch_id", "view_id"}:
            continue
        for sides in (foreign, foreign), (own, foreign):
            inner = [n for n in names if n not in outer]
            if sides[0] is own and not [
                n for n in inner if n.endswith("_id") and n not in ("agency_id", "user_id")
            ]:
                continue  # nothing foreign in it
            values = {n: ((sides[0] if n in outer else sides[1])[n] or [new_id()])[0] for n in names}
            answer = client.post(built(app, rule, values), data=FILLED | {"csrf_token": token})
            answers.append((rule.rule, sides[0] is own, answer.status_code))
    assert len(answers) > 90
    wrong = [one for one in answers if one[2] not in (403, 404)]
    assert not wrong, "\n".join(map(str, wrong))
    assert rows_of(world.foreign_case_id, world.foreign_person_id) == before


FOREIGN_IN_FORMS = (
    # page, action (None: the page itself), the field that holds what is not one's own, what it is
    ("/cases/{ref}/actions/new", "goal", "foreign_goal"),
    ("/cases/{ref}/actions/new", "agency", "closed_agency"),
    ("/cases/{ref}/actions/new", "agency", "excluded_agency"),
    ("/cases/{ref}/actions/new", "worker", "mark"),
    ("/cases/{ref}/actions/new", "worker", "disabled"),
    ("/cases/{ref}/actions/{letter}/words", "goal", "foreign_goal"),
    ("/cases/{ref}/actions/{letter}/words", "worker", "orla"),
    ("/cases/{ref}/team/case-manager", "user_id", "tomasz"),
    ("/cases/{ref}/team/case-manager", "user_id", "ciara"),
    ("/cases/{ref}/team/case-manager", "user_id", "disabled"),
    ("/cases/{ref}/team/key-worker", "user_id", "tomasz"),
    ("/cases/{ref}/team/line-manager", "user_id", "nora"),
    ("/cases/{ref}/team/line-manager", "user_id", "shauna"),
    ("/cases/{ref}/agencies/new", "agency_id", "closed_agency"),
    ("/cases/{ref}/agencies/new", "agency_id", "canal"),
    ("/cases/{ref}/notes/{note}/share", "agency_id", "northgate"),
    ("/cases/{ref}/notes/{note}/share", "agency_id", "canal"),
)  # fmt: skip


@pytest.fixture
def others(world):
    """Ids of what is not Niall's, by name, as plain numbers."""
    closed = Agency(
        name="Closed For Good",
        kind="housing",
        area_id=db.session.scalar(select(Agency.area_id)),
        active=False,
    )
    shut = User(
        agency_id=world.agencies["canal"], name="Sworn Off", roles=world.orla.roles, email="off@canal.example",
        created_at=LONG_AGO, disabled_at=LONG_AGO,
    )  # fmt: skip
    db.session.add_all([closed, shut])
    db.session.commit()
    return {
        "foreign_goal": world.ids["foreign"]["goal_id"][0],
        "closed_agency": closed.id,
        "excluded_agency": world.agencies["area"],
        "disabled": shut.id,
        **world.agencies,
        **{name: viewer.user_id for name, viewer in world.viewers.items()},
    }


@pytest.mark.parametrize(("page", "field", "what"), FOREIGN_IN_FORMS)
def test_a_form_takes_no_id_that_it_did_not_offer(app, world, others, page, field, what):
    client = browser(app, world.declan)
    address = page.format(
        ref=world.reference,
        letter=written(world.actions["letter"]),
        note=written(world.ids["own"]["note_id"][0]),
    )
    typed = fields_of(client.get(address).text)
    assert field in typed, "the page has no such field any more"
    id_ = others[what]
    before = db.session.scalars(select(Action.id)).all(), db.session.scalars(select(CaseAssignment.id)).all()
    plausible = {
        "what": "x",
        "who": "agency",
        "reason": "x",
        "goal": written(world.goals["home"]),
        "kind": "intervention",
    }
    plausible |= {
        "agency": typed.get("agency") or written(world.agencies["canal"]),
        "advocacy": "person",
        "known_on": "2026-10-01",
    }
    typed |= {
        name: value for name, value in plausible.items() if name in typed or name in ("who", "advocacy")
    }
    typed[field] = str(id_) if field.endswith("_id") else written(id_)
    answer = client.post(address, data=typed)
    assert answer.status_code == 422, answer.status_code
    assert (
        db.session.scalars(select(Action.id)).all(),
        db.session.scalars(select(CaseAssignment.id)).all(),
    ) == before


def test_a_query_takes_no_consent_or_agency_of_others(app, world, others):
    client = browser(app, world.orla)
    grant = written(world.ids["foreign"]["grant_id"][0])
    base = f"/cases/{world.reference}/consent"
    assert client.get(f"{base}/new?renew={grant}").status_code == 404
    token = client.token("/account")
    closed = written(others["closed_agency"])
    for path in ("new", "refused", "never"):
        for query in (f"renew={grant}", f"agency={closed}", "agency=8", ""):
            answer = client.post(f"{base}/{path}?{query}", data=FILLED | {"csrf_token": token})
            assert answer.status_code == 404, (path, query)
    assert client.get(f"/cases/{world.reference}/see-as/{written(new_id())}").status_code == 404
    assert client.get(f"/cases/{world.reference}/print/part?agency={written(new_id())}").status_code == 404
    excluded = client.get(
        f"/cases/{world.reference}/print/part?agency={written(world.agencies['northgate'])}"
    )
    assert excluded.status_code == 404  # without consent there is no part


def test_a_partner_cannot_print_or_see_anothers_part(app, world):
    client = browser(app, world.tomasz)
    clinic = written(world.agencies["clinic"])
    assert client.get(f"/cases/{world.reference}/see-as/{clinic}").status_code == 403
    page = client.get(f"/cases/{world.reference}/print/part?agency={clinic}")
    assert page.status_code == 200 and "Harbour" in page.text and "CANARY-CLINIC" not in page.text


@pytest.mark.parametrize("who", ["tomasz", "shauna"])
def test_a_worker_of_another_agency_takes_no_action(app, world, who):
    client = browser(app, world.viewers[who])
    own = world.actions["bed"] if who == "tomasz" else world.actions["keywork"]
    page = f"/cases/{world.reference}/actions/{written(own)}"
    typed = fields_of(client.get(page).text)
    for stranger in ("leah", "mark", "brid" if who == "tomasz" else "ciara"):
        action = f"{page}/acceptance" if who == "tomasz" else page
        answer = client.post(
            action, data=typed | {"worker": written(world.viewers[stranger].user_id), "note": "x"}
        )
        if stranger in ("brid", "ciara"):  # of the agency, but works with nobody
            assert answer.status_code == 422, stranger
        assert answer.status_code == 422, stranger
    for foreign in world.ids["foreign"]["action_id"]:
        answer = client.post(f"/cases/{world.reference}/actions/{written(foreign)}", data=typed)
        assert answer.status_code == 404


def test_an_issue_cannot_be_about_anothers_action(app, world):
    client = browser(app, world.tomasz)
    typed = fields_of(client.get(f"/cases/{world.reference}/plan").text)
    for action in (world.actions["dose"], world.ids["foreign"]["action_id"][1], world.actions["detox"]):
        answer = client.post(
            f"/cases/{world.reference}/issues", data=typed | {"text": "x", "about": written(action)}
        )
        assert answer.status_code == 422 and "own actions" in answer.text


def test_a_lead_colleague_without_a_role_raises_no_issue_and_agrees_for_nobody(app, world):
    client = browser(app, world.shauna)
    token = client.token("/account")
    for path in ("issues", "plan/own-part"):
        answer = client.post(f"/cases/{world.reference}/{path}", data=FILLED | {"csrf_token": token})
        assert answer.status_code == 403, path


def test_another_users_key_does_nothing_and_tells_nothing(app, world):
    """A form that comes with the key of a form that somebody else has sent is not taken for sent."""
    orla, declan = browser(app, world.orla), browser(app, world.declan)
    typed = fields_of(orla.get(f"/cases/{world.reference}/notes/new").text) | {
        "kind": "contact",
        "text": "Orla's note",
    }
    assert orla.post(f"/cases/{world.reference}/notes", data=typed).status_code == 303
    mine = fields_of(declan.get(f"/cases/{world.reference}/notes/new").text) | {
        "kind": "contact",
        "text": "Declan's note",
    }
    answer = declan.post(f"/cases/{world.reference}/notes", data=mine | {"once": typed["once"]})
    assert answer.status_code == 422 and "Declan&#39;s note" in answer.text
    again = fields_of(answer.text) | {"kind": "contact"}
    assert again["once"] != typed["once"]
    assert declan.post(f"/cases/{world.reference}/notes", data=again).status_code == 303


# --- roles -------------------------------------------------------------------------------------------------------


def test_nobody_gives_roles_to_themself(app, world):
    """An administrator sees no case; one who could become line manager by a tick would see them all."""
    client = browser(app, world.ciara)
    page = f"/staff/{written(world.ciara.user_id)}/roles"
    answer = client.post(page, data=fields_of(client.get(page).text) | {"roles": ["2", "4"]})
    assert answer.status_code == 422 and "another administrator" in answer.text.lower()
    assert db.session.get(User, world.ciara.user_id).roles == world.ciara.roles


@pytest.mark.parametrize("change", ["disabled", "agency off", "role gone", "moved"])
def test_what_is_taken_away_is_gone_on_the_next_request(app, world, change):
    client = browser(app, world.tomasz)
    page = f"/cases/{world.reference}/plan"
    assert client.get(page).status_code == 200
    user, agency = User.__table__, Agency.__table__
    mine = user.c.id == world.tomasz.user_id
    db.session.execute(
        {
            "disabled": update(user).where(mine).values(disabled_at=clock.now()),
            "agency off": update(agency).where(agency.c.id == world.agencies["harbour"]).values(active=False),
            "role gone": update(user).where(mine).values(roles=int(world.femi.roles)),
            "moved": update(user).where(mine).values(agency_id=world.agencies["northgate"]),
        }[change]
    )
    db.session.commit()
    assert client.get(page).status_code == (303 if change in ("disabled", "agency off") else 404)
    assert client.get("/our-actions").status_code in (200, 303, 403)


# --- what is over --------------------------------------------------------------------------------------------------

#: What may still be written once a case is closed: the person's own grievance, reopening, a note for the record, and what the page itself refuses.
AFTER_CLOSING = {
    # what the law allows or asks for whatever became of the case; none of it writes to the record of care
    "doors.answer",
    "doors.deny",
    "doors.keep_denial",
    "doors.save_end_denial",
    "restricted.create",
    "restricted.create_correction",
    "restricted.search",
    "restricted.record_disclosure",
    "rights.answer_said_now",
    "rights.hold_case",
    "rights.lift_case",
    "rights.receive_of_case",
    "rights.say_now",
    "grievances.create_of_person",
    "cases.save_reopen",
    "cases.save_close",
    "cases.create_note",
    "cases.save_correction",
}


@pytest.fixture
def closed(world):
    file = scopes.find_case(world.declan, world.reference)
    case_acts.close(file, actor=world.declan, at=clock.now(), kind="other", reason="x", attempts="x")
    return world


def test_a_closed_case_is_read_and_never_written(app, closed):
    world = closed
    tables = {
        "goal",
        "action",
        "consent_grant",
        "need",
        "care_plan",
        "plan_issue",
        "case",
        "plan_version",
        "case_agency",
    }
    before = {k: v for k, v in rows_of(world.case_id, 0).items() if k[0] in tables}
    wrong = []
    for name in ("declan", "orla", "shauna", "tomasz", "leah"):
        client = browser(app, world.viewers[name])
        token = client.token("/account")
        for rule in posts(app):
            if "reference" in rule.arguments and rule.endpoint not in AFTER_CLOSING:
                values = {n: (world.ids["own"][n] or [new_id()])[0] for n in rule.arguments}
                answer = client.post(built(app, rule, values), data=FILLED | {"csrf_token": token})
                if answer.status_code not in (403, 404):
                    wrong.append((name, rule.rule, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert {k: v for k, v in rows_of(world.case_id, 0).items() if k[0] in tables} == before
    assert browser(app, world.tomasz).get(f"/cases/{world.reference}/plan").status_code == 404
    assert browser(app, world.declan).get(f"/cases/{world.reference}/plan").status_code == 200


def test_a_consent_form_that_was_open_when_the_case_closed_opens_nothing(app, world):
    """The case is judged again while it is held: between the guard and the use case it may have closed."""
    from caseapp.errors import RuleBroken
    from caseapp.services import consent

    file = scopes.find_case(world.orla, world.reference)
    case_acts.close(
        scopes.find_case(world.declan, world.reference), actor=world.declan, at=clock.now(), kind="other",
        reason="x", attempts="x",
    )  # fmt: skip
    today = clock.today()
    terms = consent.Terms(
        world.agencies["harbour"], "information_sharing", today, today, today + timedelta(days=30), purpose="x",
        understood=True, copy_given=True,
    )  # fmt: skip
    for act in (
        lambda: consent.record(file, actor=world.orla, at=clock.now(), terms=terms),
        lambda: consent.refuse(
            file, actor=world.orla, at=clock.now(), agency_id=world.agencies["area"], kind=terms.kind
        ),
        lambda: consent.exclude(
            file, actor=world.orla, at=clock.now(), agency_id=world.agencies["northgate"]
        ),
    ):
        with pytest.raises(RuleBroken, match="closed"):
            act()


# --- people who have moved on ------------------------------------------------------------------------------------------


@pytest.fixture
def moved(closed):
    """Niall's case with Canal Street is closed; a later episode is led by Northgate, at a new address."""
    world = closed
    db.session.add(
        Case(
            reference=references.new_reference(), person_id=world.person_id, episode=2, lead_agency_id=world.agencies["northgate"],
            line_manager_id=world.nora.user_id, protocol_key="ie-homeless-drug", status=CaseStatus.ALLOCATION,
            opened_at=clock.now(), opened_by_id=world.mark.user_id, last_activity_at=clock.now(),
        )
    )  # fmt: skip
    db.session.execute(
        update(Person.__table__).where(Person.__table__.c.id == world.person_id).values(
            address="NEW-secret street", safe_contact="NEW-secret contact", phone="NEW-secret phone", known_as="NEW-secret name",
            access_needs="NEW-secret access", language="NEW-secret language",
        )
    )  # fmt: skip
    db.session.commit()
    return world


@pytest.mark.parametrize("name", ["declan", "orla", "shauna"])
def test_a_former_lead_agency_learns_nothing_of_where_the_person_is_now(app, moved, name):
    world, viewer = moved, moved.viewers[name]
    assert scopes.find_person(viewer, world.person_id) is None
    client = browser(app, viewer)
    base = f"/people/{written(world.person_id)}"
    for path in (base, f"{base}/edit", f"{base}/cases/new", f"{base}/family/new", f"{base}/warnings/new"):
        assert client.get(path).status_code == 404, path
    for words in ("NEW-secret", "Rafter", "CANARY-NAME-person", "1989", world.reference):
        assert (
            "/people/" + written(world.person_id) not in client.get("/people", query_string={"q": words}).text
        )
    old = f"/cases/{world.reference}"
    for path in (
        "",
        "/plan",
        "/print/person",
        "/print/plan",
        "/print/part",
        "/consent",
        "/team",
        "/plan/reviews",
        "/reopen",
    ):
        page = client.get(old + path)
        assert page.status_code in (200, 403), path
        for secret in ("street", "contact", "phone", "access", "language"):
            assert f"NEW-secret {secret}" not in page.text, (path, secret)


def test_the_new_lead_agency_sees_the_person_whole(moved):
    assert scopes.find_person(moved.nora, moved.person_id).all


def test_whoever_leads_again_sees_the_person_again(moved):
    """A third episode, with the first agency: the person page is theirs again."""
    db.session.execute(
        update(Case.__table__).where(Case.__table__.c.person_id == moved.person_id, Case.__table__.c.episode == 2).values(
            status=CaseStatus.CLOSED_OTHER, closed_at=clock.now(), close_reason="x"
        )
    )  # fmt: skip
    db.session.add(
        Case(
            reference=references.new_reference(), person_id=moved.person_id, episode=3, lead_agency_id=moved.agencies["canal"],
            line_manager_id=moved.declan.user_id, protocol_key="ie-homeless-drug", status=CaseStatus.ALLOCATION,
            opened_at=clock.now(), opened_by_id=moved.declan.user_id, last_activity_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    assert scopes.find_person(moved.declan, moved.person_id).all


# --- leaks beside the page ---------------------------------------------------------------------------------------------


def test_what_is_foreign_costs_as_many_statements_as_what_is_not_there(app, world):
    """The same answer after the same work, so that neither tells which it was."""
    client = browser(app, world.tomasz)
    nowhere = "10000022"
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    def statements(address):
        seen.clear()
        assert client.get(address).status_code == 404
        return list(seen)

    client.get("/account")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        for path in ("", "/plan", "/timeline", "/notes", "/issues", "/consent", "/print/part", "/audit"):
            assert statements(f"/cases/{FOREIGN_REFERENCE}{path}") == statements(f"/cases/{nowhere}{path}"), (
                path
            )
        for path in ("", "/edit", "/cases/new"):
            foreign = statements(f"/people/{written(world.foreign_person_id)}{path}")
            assert foreign == statements(f"/people/{written(new_id())}{path}"), path
        for words in ("Lis", "Marta", FOREIGN_REFERENCE, "CANARY-FOREIGN-person", "1991"):
            seen.clear()
            found = client.get("/people", query_string={"q": words})
            many = len(seen)
            assert "FOREIGN" not in found.text.replace(words, "")
            seen.clear()
            client.get("/people", query_string={"q": {"1991": "1897"}.get(words, "Q" + words[1:])})
            assert len(seen) <= many + 1 and many <= len(seen) + 1, words
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_the_log_of_an_error_names_nobody(app, world, caplog, monkeypatch):
    """Neither an error of ours nor one of the database carries what a person typed or is."""
    from sqlalchemy.exc import IntegrityError

    secret = "Niall lives at Mill Lane"
    client = browser(app, world.orla)
    typed = fields_of(client.get(f"/cases/{world.reference}/notes/new").text) | {
        "kind": "contact",
        "text": secret,
    }

    def fails(*_args, **_kwargs):
        raise ValueError(f"cannot take {secret}")

    def refused(*_args, **_kwargs):
        db.session.execute(
            Agency.__table__.insert().values(
                id=world.agencies["canal"], name=secret, kind="housing", area_id=1
            )
        )

    for act in (fails, refused):
        monkeypatch.setattr("caseapp.services.case_notes.events.happened", act)
        caplog.clear()
        answer = client.post(f"/cases/{world.reference}/notes", data=typed)
        assert answer.status_code in (422, 500, 503), answer.status_code
        assert secret not in caplog.text and "Niall" not in caplog.text, caplog.text
        assert "CANARY" not in caplog.text
    assert issubclass(IntegrityError, Exception)


# --- odd but lawful --------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("odd", ODD)
def test_every_page_stands_whatever_is_odd_about_a_case(app, world, odd):
    if on_postgresql() and odd not in ("bare", "nothing filled in"):
        return
    world.bare = references.new_reference()
    ODD[odd](world)
    db.session.commit()
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
    adapter = app.url_map.bind("localhost")
    broken, shown = [], 0
    for name in LOOKING[odd]:
        client = browser(app, world.viewers[name])
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.endpoint == "static":
                continue
            for reference in ids["reference"] if "reference" in rule.arguments else [""]:
                values = {n: (ids[n] or [new_id()])[0] for n in rule.arguments} | (
                    {"reference": reference} if reference else {}
                )
                address = adapter.build(rule.endpoint, values)
                answer = client.get(address)
                shown += answer.status_code == 200
                if answer.status_code >= 500:
                    broken.append((name, address))
    assert not broken, "\n".join(map(str, broken))
    assert shown > 30 or odd == "workers off"
