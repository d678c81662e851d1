"""A gunicorn with two sync workers on loopback, and what its workers have used of the processors."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

WORKERS = 2


class Server:
    """A running server: `url`, and `cpu()` in seconds summed over its workers, `memory()` in MiB of the largest."""

    def __init__(self, url, process):
        self.url, self.process = url, process

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def cpu(self) -> float:
        used = 0
        for pid in self.workers():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                used += int((thread / "schedstat").read_text().split()[0])
        return used / 1e9

    def memory(self) -> float:
        sizes = []
        for pid in self.workers():
            status = Path(f"/proc/{pid}/status").read_text()
            sizes.append(
                int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
            )
        return max(sizes) / 1024


@contextmanager
def running(app: str, port: int, **environment):
    """Serve `module:app` on a loopback port until the block ends."""
    command = [
        sys.executable,
        *("-m", "gunicorn", app, "--no-control-socket", "--log-level", "error", "--workers", str(WORKERS)),
        *("--worker-class", "sync", "--bind", f"127.0.0.1:{port}"),
    ]
    process = subprocess.Popen(command, env=os.environ | environment)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        for _ in range(200):
            try:
                urlopen(server.url + "/sign-in", timeout=5).read()  # noqa: S310 - our own loopback address
                break
            except OSError:
                time.sleep(0.05)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
