"""Many write at once, through a real server of two processes: nothing lost, nothing doubled (issue 2, section 8)."""

import re

import pytest

from caseapp import ids

WRITERS, NOTES_EACH = 8, 8
TRIES = 400

pytestmark = pytest.mark.slow


def address(served, key):
    return f"/cases/{served.world.reference}/actions/{ids.written(served.world.actions[key])}"


def notes(served, key):
    found = served.rows("SELECT text FROM action_note WHERE action_id = :a", a=served.world.actions[key])
    return [text for (text,) in found]


def version(served, key):
    return served.value("SELECT version FROM action WHERE id = :a", a=served.world.actions[key])


def test_every_acknowledged_note_of_many_writers_exists_exactly_once(served, together):
    url = address(served, "letter")
    before = version(served, "letter")

    def write(writer):
        visitor = served.visitor(("tomasz", "amina")[writer % 2])
        conflicts = 0
        for number in range(NOTES_EACH):
            for _try in range(TRIES):
                form = visitor.get(url).form(url)
                answer = visitor.post(url, form.fields | {"note": f"Note {writer}/{number}"}, htmx=True)
                if answer.status == 200:
                    break
                assert answer.status == 409, (answer.status, answer.text[:400])
                conflicts += 1
            else:
                raise AssertionError(f"writer {writer} never got through")
        return conflicts

    conflicts = together(write, WRITERS)
    wanted = sorted(f"Note {writer}/{number}" for writer in range(WRITERS) for number in range(NOTES_EACH))
    assert sorted(notes(served, "letter")) == wanted, "lost or doubled"
    assert version(served, "letter") == before + WRITERS * NOTES_EACH
    told = served.value(
        """SELECT count(*) FROM notification n JOIN event e ON e.id = n.event_id
        WHERE e.action_id = :a AND n.user_id = :u""",
        a=served.world.actions["letter"],
        u=served.world.orla.user_id,
    )
    assert told == WRITERS * NOTES_EACH, "the case manager is told of each"
    assert sum(conflicts) > 0, "they never met, so nothing was proven"


def test_of_eight_saves_with_the_same_version_one_is_taken_and_seven_get_both_texts(served, together):
    url = address(served, "letter")
    before = version(served, "letter")
    forms = []
    for i in range(8):
        visitor = served.visitor(("tomasz", "amina")[i % 2])
        forms.append((visitor, visitor.get(url).form(url).fields | {"note": f"My own words {i}"}))

    answers = together(lambda i: forms[i][0].post(url, forms[i][1], htmx=True), 8)
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    (winner,) = [i for i, answer in enumerate(answers) if answer.status == 200]
    assert notes(served, "letter") == [f"My own words {winner}"]
    assert version(served, "letter") == before + 1
    for i, answer in enumerate(answers):
        read = re.sub(r"<[^>]+>", "", answer.text)  # what differs is marked within the words
        assert f"My own words {i}" in read, "what was typed is in every answer"
        assert f"My own words {winner}" in read, "and so is what was saved"


@pytest.mark.parametrize("htmx", [True, False], ids=["fragment", "page"])
def test_one_form_sent_eight_times_at_once_does_one_thing_and_each_answer_says_saved(served, together, htmx):
    url = address(served, "letter")
    before = version(served, "letter")
    visitor = served.visitor("tomasz")
    fields = visitor.get(url).form(url).fields | {"note": "Only once"}
    answers = together(lambda i: visitor.copy().post(url, fields, htmx=htmx), 8)
    assert {answer.status for answer in answers} == ({200} if htmx else {303})
    assert notes(served, "letter") == ["Only once"]
    assert version(served, "letter") == before + 1


def test_one_acceptance_sent_eight_times_at_once_accepts_once(served, together):
    url = address(served, "bed")
    before = version(served, "bed")
    visitor = served.visitor("tomasz")
    fields = visitor.get(url).form("/acceptance").fields
    answers = together(lambda i: visitor.copy().post(f"{url}/acceptance", fields, htmx=True), 8)
    assert {answer.status for answer in answers} == {200}
    assert version(served, "bed") == before + 1
    happened = "SELECT count(*) FROM event WHERE action_id = :a AND kind = 'action_accepted'"
    assert served.value(happened, a=served.world.actions["bed"]) == 1


def test_naming_two_case_managers_at_once_leaves_exactly_one(served, together):
    page = f"/cases/{served.world.reference}/team/case-manager"
    forms = []
    for name in ("Shauna Begley", "Declan Moyne") * 2:
        visitor = served.visitor("declan")
        asked = visitor.get(page)
        (chosen,) = re.findall(rf'<option value="([^"]+)">{name}', asked.text)
        forms.append((visitor, asked.form(page).fields | {"user_id": chosen, "reason": "A change of worker"}))
    answers = together(lambda i: forms[i][0].post(page, forms[i][1]), len(forms))
    assert [answer.status for answer in answers].count(303) == 1, [answer.status for answer in answers]
    assert all(answer.status in (303, 409, 422) for answer in answers)
    active = """SELECT count(*) FROM case_assignment
        WHERE case_id = :c AND role = 'case_manager' AND to_at IS NULL"""
    assert served.value(active, c=served.world.case_id) == 1
    all_of_them = "SELECT count(*) FROM case_assignment WHERE case_id = :c AND role = 'case_manager'"
    assert served.value(all_of_them, c=served.world.case_id) == 2, "the first, ended, and the new one"


def registering(visitor, **person):
    look = visitor.get("/people/new").form("/people/new").fields
    form = visitor.post("/people/new", look | person)
    assert form.status == 200, form.text[:300]
    return form.form("/people/new").fields | {"step": "register"}


def test_one_registration_sent_eight_times_at_once_registers_one_person(served, together):
    visitor = served.visitor("orla")
    fields = registering(visitor, given_name="Odhran", family_name="Sample-Quirke")
    answers = together(lambda i: visitor.copy().post("/people/new", fields), 8)
    assert {answer.status for answer in answers} == {303}, [answer.status for answer in answers]
    assert len({answer.location for answer in answers}) == 1, "each is led to the same person"
    assert served.value("SELECT count(*) FROM person WHERE family_name = 'Sample-Quirke'") == 1


def test_two_colleagues_who_register_the_same_person_at_once_are_shown_each_other(served, together):
    forms = []
    for who in ("orla", "shauna") * 2:
        visitor = served.visitor(who)
        forms.append((visitor, registering(visitor, given_name="Odhran", family_name="Sample-Quirke")))
    answers = together(lambda i: forms[i][0].post("/people/new", forms[i][1]), len(forms))
    assert sorted(answer.status for answer in answers) == [303, 422, 422, 422]
    assert served.value("SELECT count(*) FROM person WHERE family_name = 'Sample-Quirke'") == 1
