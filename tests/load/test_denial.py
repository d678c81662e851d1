"""Somebody is shut out while they read: whatever they ask after the answer finds nothing (X-8)."""

import threading
import time

import pytest

from tests.load.conftest import path_of

READERS = 4
BEFORE, AFTER = 8, 12  # answers on either side of the denial
LONGEST = 30  # seconds until they have come, on a busy machine

pytestmark = pytest.mark.slow


def test_no_request_that_starts_after_the_denial_was_answered_shows_anything(served):
    world = served.world
    case = f"/cases/{world.reference}"
    asked = (f"{case}/plan", f"{case}/notes", f"{case}/print/part", "/people?q=Niall+Rafter")
    stop, seen, answered_at = threading.Event(), [], [float("inf")]

    def read(number):
        visitor, turn = served.visitor("tomasz"), number
        while not stop.is_set():
            path = asked[turn % len(asked)]
            turn += 1
            started = time.monotonic()
            answer = visitor.get(path, False)
            shown = "CANARY" in answer.text or world.reference in answer.text
            seen.append((started, path, answer.status, shown))

    threads = [threading.Thread(target=read, args=(i,)) for i in range(READERS)]
    for thread in threads:
        thread.start()
    patience = time.monotonic() + LONGEST
    while time.monotonic() < patience and len(seen) < BEFORE:
        time.sleep(0.1)
    orla, page = served.visitor("orla"), f"{case}/denials/new"
    fields = orla.get(page).form(page).fields
    typed = {"user_id": str(world.tomasz.user_id), "ground": "near", "reason": "They live next door."}
    answer = orla.post(page, fields | typed)
    answered_at[0] = time.monotonic()
    assert answer.status == 303, answer.text[:500]
    assert path_of(answer.location) == f"{case}/denials"
    patience = time.monotonic() + LONGEST
    while (
        time.monotonic() < patience
        and len([line for line in list(seen) if line[0] >= answered_at[0]]) < AFTER
    ):
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not [line for line in seen if line[2] not in (200, 404)], "lost or broken answers"
    later = [line for line in seen if line[0] >= answered_at[0]]
    assert [line for line in seen if line[0] < answered_at[0] and line[3]], "nobody was reading before"
    assert len(later) >= READERS, "nobody was reading afterwards"
    leaked = [line for line in later if line[3] or (line[2] != 404 and line[1].startswith(case))]
    assert not leaked, leaked[:5]
