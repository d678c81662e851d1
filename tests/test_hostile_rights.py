"""Ids of others, put where one's own should stand; roles that were taken away. Whatever is tried, nothing of
another's record changes, and what is not there answers like what may not be known."""

# ruff: noqa: F811 - a fixture is an argument of its own name

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id, written
from caseapp.models import Action, Agency, CaseAssignment, User
from tests.asked import Alike
from tests.browser import fields_of
from tests.canary_cases import FOREIGN_REFERENCE
from tests.hostile_world import FILLED, browser, on_postgresql, posts, rows_of, world  # noqa: F401 - fixtures
from tests.test_canaries import Address
from tests.world import LONG_AGO


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
    answers, alike, adapter = [], Alike(), app.url_map.bind("localhost")
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
            address = Address.of(adapter, rule, values)
            if alike.known("POST", address):
                continue
            answer = client.post(address, data=FILLED | {"csrf_token": token})
            alike.note("POST", address, answer)
            answers.append((rule.rule, sides[0] is own, answer.status_code))
    assert len(answers) > 90, "each route at least once"
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
