"""A browser's side of the measurements: sign in as people do, then ask for pages one after another or many at once."""

import http.client
import re
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlencode, urlsplit

FIELD = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')


@dataclass
class Result:
    """One measured page. `cpu` and the percentiles are in milliseconds."""

    name: str
    requests: int
    rate: float
    cpu: float
    p50: float
    p95: float
    size: int
    note: str = ""

    def better_of(self, other: "Result | None") -> "Result":
        """Of two measurements of one page, figure by figure, the one that less came in between of."""
        if other is None:
            return self
        return Result(
            self.name,
            self.requests + other.requests,
            max(self.rate, other.rate),
            min(self.cpu, other.cpu),
            min(self.p50, other.p50),
            min(self.p95, other.p95),
            self.size,
            self.note,
        )


class Client:
    """Keeps cookies; raises AssertionError when an answer is not what a measurement may count."""

    def __init__(self, url):
        self.host = urlsplit(url).netloc
        self.cookies = {}

    def request(self, method, path, data=None, htmx=False):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if data is not None:
            body = urlencode(data)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if htmx:
            headers["HX-Request"] = "true"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.split(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, text

    def get(self, path, expect=200):
        status, text = self.request("GET", path)
        assert status == expect, (path, status)
        return text

    def sign_in(self, email, password):
        fields = dict(FIELD.findall(self.get("/sign-in")))
        status, text = self.request("POST", "/sign-in", fields | {"email": email, "password": password})
        assert status == 303, (status, text[:500])


def one_after_another(server, name, ask, seconds) -> Result:
    """Latency with nobody else there, and the server's processor time for a request: the median, as others use the
    machine too. Each reading stands before a request, when the worker has put the last one away."""
    for _ in range(2):
        size = len(ask())
    times, used, began = [], [server.cpu()], time.perf_counter()
    while time.perf_counter() - began < seconds or len(times) < 20:
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
        used.append(server.cpu())
    cpu = statistics.median(after - before for before, after in pairwise(used)) * 1000
    spread = statistics.quantiles(times, n=20)
    return Result(
        name, len(times), 1000 / statistics.mean(times), cpu, statistics.median(times), spread[18], size
    )


def many_at_once(server, paths, cookie, seconds, connections=8) -> float:
    """Requests a second over eight connections."""
    if wrk := shutil.which("wrk"):
        return _wrk(wrk, server, paths, cookie, seconds, connections)
    return _threads(server, paths, cookie, seconds, connections)


def _wrk(wrk, server, paths, cookie, seconds, connections):
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",".join(f'"{p}"' for p in paths)
        script.write(
            f"local paths = {{{listed}}}\nlocal n = 0\n"
            "request = function()\n n = n + 1\n return wrk.format('GET', paths[n % #paths + 1])\nend\n"
        )
        script.flush()
        out = subprocess.run(
            [
                wrk,
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "-s",
                script.name,
                "-H",
                f"Cookie: {cookie}",
                server.url,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert "Non-2xx" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def _threads(server, paths, cookie, seconds, connections):
    host, counts, stop = urlsplit(server.url).netloc, [0] * connections, time.perf_counter() + seconds

    def ask(n):
        while time.perf_counter() < stop:
            connection = http.client.HTTPConnection(host, timeout=30)
            connection.request("GET", paths[counts[n] % len(paths)], headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            connection.close()
            counts[n] += 1

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
