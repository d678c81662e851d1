"""kill -9 of all workers, twenty times on each database, while people write (A19, A20): what was acknowledged is there,
once and whole, with its line of the timeline, its news and its place in the chain of the access record.

The server loads the application before it forks (--preload), and its pages once (tests/load/warm.py), so that a killed
worker is back in milliseconds and twenty rounds take seconds; what dies, and how, is the same. `ROUNDS_OF_KILLING` sets
another number."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.load.conftest import SECRET, WORKERS, Served, _built
from tests.postgres import _die_with_parent
from tests.servers import ROOT, environment, flask, free_port

ROUNDS = int(os.environ.get("ROUNDS_OF_KILLING", "20"))
WRITERS = 4
#: Seconds of writing between two killings, at least and at most; and in which a killed server must be back.
BETWEEN, BACK = (0.1, 0.4), 30

pytestmark = pytest.mark.slow


class Killable:
    """gunicorn with its workers; `kill()` ends all workers at once, without a word."""

    def __init__(self, env, log):
        self.port, self.log = free_port(), log
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "tests.load.warm:app",
            "--preload",
            "--no-control-socket",
        ]
        command += ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"]
        command += ["--workers", str(WORKERS), "--threads", "4", "--log-level", "error"]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=out, preexec_fn=_die_with_parent
            )
        self.wait()

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid) for pid in children}

    def kill(self) -> set[int]:
        """Kill every worker there is. Gives who they were."""
        found = self.workers()
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def wait(self):
        """Until it answers again."""
        until = time.monotonic() + BACK
        while True:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
            connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                connection.request("GET", "/sign-in")
                if connection.getresponse().status == 200:
                    return
            except (OSError, HTTPException):
                assert time.monotonic() < until, "it did not come back"
                time.sleep(0.01)
            finally:
                connection.close()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def killable(database, tmp_path):
    url = database.another("killed")
    env = environment(tmp_path, DATABASE_URL=url, SECRET_KEY=SECRET)
    world, cookies = _built(url, tmp_path)
    ((name, cookie),) = cookies["orla"].items()
    notes = f"/cases/{world.reference}/notes"
    warm = {"WARM_COOKIE": f"{name}={cookie}", "WARM_PAGES": f"{notes} {notes}/new"}
    server = Killable(env | warm, tmp_path / "server.log")
    try:
        yield server, Served(server.port, world, url, cookies), env
    finally:
        server.stop()
        database.drop("killed")


class Writer(threading.Thread):
    """Writes one note after the other. A form whose answer was lost is sent again, as it is, until it is answered."""

    def __init__(self, number, served, stop):
        super().__init__(daemon=True)
        self.number, self.served, self.stop = number, served, stop
        self.acknowledged, self.sent_again, self.open, self.wrong = [], 0, None, []

    def run(self):
        visitor = self.served.visitor(("orla", "declan")[self.number % 2])
        page = f"/cases/{self.served.world.reference}/notes/new"
        count = 0
        while not self.stop.is_set():
            try:
                shown = visitor.get(page)
            except (OSError, HTTPException):
                time.sleep(0.01)  # killed while it was asked for the form: nothing was to be written
                continue
            if shown.status == 503:
                continue
            form = shown.form("/notes")
            self.open = f"Note {self.number}/{count} of the writer"
            fields = form.fields | {"kind": "contact", "text": self.open}
            tries = 0
            while True:
                try:
                    answer = visitor.post(form.action, fields)
                except (OSError, HTTPException):
                    tries += 1
                    if tries > 2000:
                        self.wrong.append("never answered")
                        return
                    time.sleep(0.01)
                    continue
                if answer.status == 303:
                    self.acknowledged.append(self.open)
                elif answer.status != 503:  # busy for longer than a request waits: nothing was taken
                    self.wrong.append((answer.status, answer.text[:300]))
                    return
                else:
                    continue
                break
            self.sent_again += tries
            self.open = None
            count += 1


def test_twenty_times_all_workers_are_killed_and_nothing_acknowledged_is_lost_torn_or_doubled(killable):
    server, served, env = killable
    stop = threading.Event()
    writers = [Writer(number, served, stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    dice, died = random.Random(11), set()  # noqa: S311 - when to kill, not a secret
    try:
        for _round in range(ROUNDS):
            time.sleep(dice.uniform(*BETWEEN))
            killed = server.kill()
            assert killed and not killed & died, "new workers each time"
            died |= killed
            server.wait()
    finally:
        stop.set()
        for writer in writers:
            writer.join(60)
    assert not [writer.wrong for writer in writers if writer.wrong]
    assert len(died) >= ROUNDS
    acknowledged = sorted(text for writer in writers for text in writer.acknowledged)
    assert len(acknowledged) > ROUNDS, "too little was written to prove anything"
    assert sum(writer.sent_again for writer in writers) > 0, "no form was cut off by a kill"

    there = sorted(text for (text,) in served.rows("SELECT text FROM case_note WHERE text LIKE 'Note %'"))
    assert there == acknowledged, {
        "lost": sorted(set(acknowledged) - set(there)),
        "doubled": len(there) - len(set(there)),
        "never acknowledged": sorted(set(there) - set(acknowledged)),
    }
    notes = len(there)
    assert served.value("SELECT count(*) FROM event WHERE kind = 'note'") == notes, "torn: timeline"
    assert served.value("SELECT count(*) FROM audit_entry WHERE what LIKE 'note written%'") == notes, (
        "torn: audit"
    )
    orphans = """SELECT count(*) FROM event e WHERE e.kind = 'note' AND NOT EXISTS
        (SELECT 1 FROM notification n WHERE n.event_id = e.id)"""
    of_orla = "SELECT count(*) FROM event WHERE kind = 'note' AND actor_id = :u"
    assert served.value(orphans) == served.value(of_orla, u=served.world.orla.user_id), "torn: news"
    # the same form is settled with the note that it made
    assert served.value("SELECT count(*) FROM submission WHERE result_id IS NULL") == 0, "torn: double submit"
    assert "whole" in flask("audit", "verify", env=env)
    if served.url.startswith("sqlite"):
        assert served.value("PRAGMA integrity_check") == "ok"
        assert served.rows("PRAGMA foreign_key_check") == []
