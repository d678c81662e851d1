"""A consent is withdrawn while its agency reads: whatever is asked after the answer finds nothing (issue 2, section 8)."""

import threading
import time

import pytest

from caseapp import ids
from caseapp.errors import NotVisible
from caseapp.extensions import db
from caseapp.models import ConsentGrant
from caseapp.queries import cases, plan_head
from caseapp.vocabulary import ConsentStatus
from tests.load.conftest import path_of

READERS = 6
BEFORE, AFTER = 0.6, 0.8  # seconds of reading on either side of the withdrawal

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("agency", ["harbour", "clinic"])
def test_no_request_that_starts_after_the_withdrawal_was_answered_shows_anything(served, agency):
    world = served.world
    reader, action = {"harbour": ("tomasz", "letter"), "clinic": ("leah", "dose")}[agency]
    case = f"/cases/{world.reference}"
    one = f"{case}/actions/{ids.written(world.actions[action])}"
    asked = [
        (f"{case}/plan", False),
        (one, True),
        (one, False),
        (f"{one}?row=1", True),
        (f"{case}/print/part", False),
    ]
    stop = threading.Event()
    seen, errors = [], []
    answered_at = [float("inf")]

    def read(number):
        visitor = served.visitor(reader)
        turn = number
        while not stop.is_set():
            path, htmx = asked[turn % len(asked)]
            turn += 1
            started = time.monotonic()
            try:
                answer = visitor.get(path, htmx)
            except OSError as error:
                errors.append(error)
                return
            seen.append(
                (started, path, htmx, answer.status, "CANARY" in answer.text or "Niall" in answer.text)
            )

    threads = [threading.Thread(target=read, args=(i,)) for i in range(READERS)]
    for thread in threads:
        thread.start()
    time.sleep(BEFORE)
    orla = served.visitor("orla")
    page = f"{case}/consent/{ids.written(world.grants[agency])}/withdraw"
    fields = orla.get(page).form("/withdraw").fields
    answer = orla.post(page, fields | {"route": "by phone"})
    answered_at[0] = time.monotonic()
    assert answer.status == 303, answer.text[:500]
    assert path_of(answer.location).startswith(case)
    time.sleep(AFTER)
    stop.set()
    for thread in threads:
        thread.join(60)

    assert not errors, errors
    assert not [line for line in seen if line[3] not in (200, 404)], "lost or broken answers"
    earlier = [line for line in seen if line[0] < answered_at[0]]
    later = [line for line in seen if line[0] >= answered_at[0]]
    assert [line for line in earlier if line[3] == 200], "nobody was reading before"
    assert len(later) >= READERS, "nobody was reading afterwards"
    leaked = [line for line in later if line[3] != 404 or line[4]]
    assert not leaked, (len(leaked), leaked[:5])


@pytest.mark.parametrize("agency, reader", [("harbour", "tomasz"), ("clinic", "leah")])
def test_a_record_taken_away_between_two_statements_of_a_request_is_not_there(world, agency, reader):
    viewer = world.viewers[reader]
    case = world.case_for(viewer)
    assert plan_head.head(case, viewer=viewer).name
    db.session.get(ConsentGrant, world.grants[agency]).status = ConsentStatus.SUPERSEDED
    db.session.commit()
    for read in (plan_head.head, cases.head):
        with pytest.raises(NotVisible):
            read(case, viewer=viewer)
