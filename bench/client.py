"""A browser's side of the measurements: sign in as people do, then ask for pages one after another or many at once."""

import http.client
import re
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
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
    """Latency with nobody else there, and the server's processor time for each request."""
    for _ in range(5):
        size = len(ask())
    times, began, before = [], time.perf_counter(), server.cpu()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    cpu = (server.cpu() - before) * 1000 / len(times)
    spread = statistics.quantiles(times, n=20) if len(times) > 20 else [max(times)] * 19
    return Result(name, len(times), len(times) / seconds, cpu, statistics.median(times), spread[18], size)


def many_at_once(server, paths, cookie, seconds, connections=8) -> tuple[float, float]:
    """Requests a second over eight connections, and processor milliseconds of the server for each."""
    before = server.cpu()
    if wrk := shutil.which("wrk"):
        done, rate = _wrk(wrk, server, paths, cookie, seconds, connections)
    else:
        done, rate = _threads(server, paths, cookie, seconds, connections)
    return rate, (server.cpu() - before) * 1000 / max(done, 1)


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
    return int(re.search(r"(\d+) requests in", out)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


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
    return sum(counts), sum(counts) / seconds
