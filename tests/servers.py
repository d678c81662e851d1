"""A real server for tests: gunicorn with the application, on a loopback port of its own, gone with the test run."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.postgres import _die_with_parent

ROOT = Path(__file__).resolve().parents[1]
UP_WITHIN = 60  # seconds, on a busy machine


def environment(folder, **more) -> dict:
    """The environment of a program that keeps its data in `folder` and knows nothing of the developer's own."""
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "SECRET_KEY", "CASEAPP_ENV"}}
    return env | {"CASEAPP_DATA": str(folder)} | more


def flask(*words, env) -> str:
    """What `flask --app app …` prints; AssertionError with its complaint where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(env, *, log: Path, workers=1, threads=8):
    """The port of a running server. When it ends, its log must hold no error: a 500 that nobody looked at counts."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "app:app",
        "--bind",
        f"127.0.0.1:{port}",
        "--no-control-socket",
    ]
    command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--log-level", "warning"],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=out,
            preexec_fn=_die_with_parent,
        )
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    said = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in said, said[-4000:]


def _wait_for(port, process, log):
    until = time.monotonic() + UP_WITHIN
    while True:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/sign-in")
            if connection.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < until, (
                "the server did not come up: " + log.read_text(errors="replace")[-3000:]
            )
            time.sleep(0.05)
        finally:
            connection.close()
