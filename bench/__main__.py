"""`python -m bench [--cases 1000,20000] [--databases sqlite,postgresql] [--rounds 5]`: measure and print ratios.

Every figure is taken in one run on one machine: a bare Flask page, the plan by hand-written SQL, and ours with all duties
(session, CSRF, visibility, audit row), each under the same gunicorn with the same settings. The three stand side by side
and take turns, a second each, so that a machine that is busy for a while is busy for all of them; of the rounds the one
with the least disturbance counts. Processor time is that of the server's workers, for each request; rates are with eight
connections at once on two workers. Nothing here is asserted: the ratios are for reading (docs/developers/speed.md).
"""

import argparse
import gzip
import random
import re
import statistics
import tempfile
import time
from urllib.parse import quote

from sqlalchemy import create_engine, text

from bench import client as browser
from bench import data, server
from caseapp import ids
from tests import databases

ACTIONS = {1000: 40, 20_000: 40}
FEWER = 8  # actions for each case beyond twenty thousand cases
PORT = 8977
SECONDS = 1  # for each page in each round


def main():
    arguments = argparse.ArgumentParser(prog="python -m bench")
    arguments.add_argument("--cases", default="1000,20000")
    arguments.add_argument("--databases", default="sqlite,postgresql")
    arguments.add_argument("--rounds", type=int, default=5)
    chosen = arguments.parse_args()
    for kind in chosen.databases.split(","):
        place = databases.KINDS[kind]()
        try:
            grown = {}
            for cases in (int(n) for n in chosen.cases.split(",")):
                grown[cases] = measure(place, kind, cases, chosen.rounds)
            growth(kind, grown)
        finally:
            place.stop()


def measure(place, kind, cases, rounds):
    actions = ACTIONS.get(cases, FEWER)
    print(f"\n== {kind}, {cases:,} cases of {actions} actions", flush=True)
    name = f"bench{cases}"
    url = place.blank(name)
    began = time.perf_counter()
    built = data.build(url, cases, actions)
    print(f"   written in {time.perf_counter() - began:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": url, "CASEAPP_DATA": folder, "SECRET_KEY": "k" * 40}
        with (
            server.running("bench.bare:app", PORT, **environment) as bare,
            server.running("bench.raw:app", PORT + 1, **environment) as raw,
            server.running("app:app", PORT + 2, **environment) as ours,
        ):
            results = in_turns(pages(bare, raw, ours, built, url), rounds)
            memory = ours.memory()
    report(results, memory)
    place.drop(name)
    return results


def in_turns(measured, rounds) -> dict[str, browser.Result]:
    """Each page for a moment, round after round; of every figure the best, which is the least disturbed."""
    best: dict[str, browser.Result] = {}
    for _ in range(rounds):
        for take in measured:
            once = take()
            best[once.name] = once.better_of(best.get(once.name))
    return best


def page(running, name, paths, who=None):
    """One page: alone for latency and processor time, then eight at once for the rate."""
    who = who or browser.Client(running.url)
    turn = iter(range(10**9))
    for _ in range(20):  # both workers have compiled what the page needs
        who.get(paths[next(turn) % len(paths)])

    def take():
        alone = browser.one_after_another(
            running, name, lambda: who.get(paths[next(turn) % len(paths)]), SECONDS
        )
        cookie = "; ".join(f"{k}={v}" for k, v in who.cookies.items()) or "none=1"
        alone.rate = browser.many_at_once(running, paths, cookie, SECONDS)
        return alone

    return take


def pages(bare, raw, ours, built, url):
    """What is measured, in the order of one round."""
    manager, partner, leader = browser.Client(ours.url), browser.Client(ours.url), browser.Client(ours.url)
    manager.sign_in(built.manager_email, data.PASSWORD)
    partner.sign_in(built.partner_email, data.PASSWORD)
    leader.sign_in(built.line_manager_email, data.PASSWORD)
    plan = [f"/cases/{reference}/plan" for reference in own_references(url, built.manager_email)]
    part = [f"/cases/{built.partner_action[0]}/plan"]
    first_view(ours, manager, plan[0])
    return [
        page(bare, "bare page", ["/"]),
        page(raw, "plan, raw SQL", plan),
        page(ours, "plan, case manager", plan, manager),
        page(ours, "plan, partner's part", part, partner),
        update(ours, partner, built),
        page(ours, "our actions", ["/our-actions"], partner),
        page(ours, "my caseload", ["/caseload"], manager),
        page(ours, "my team", ["/team"], leader),
        page(ours, "people", ["/people"], leader),
        search(ours, leader, built, url),
        signing_in(ours, built),
    ]


def own_references(url, email):
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                'SELECT c.reference FROM "case" c JOIN case_assignment a ON a.case_id = c.id '
                'JOIN "user" u ON u.id = a.user_id WHERE u.email = :email ORDER BY c.reference'
            ),
            {"email": email},
        ).all()
    engine.dispose()
    return [row[0] for row in rows]


def search(running, who, built, url):
    """Names of people whom the line manager may know, each with one letter wrong; how many are among the first ten."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(
            text(
                'SELECT p.given_name, p.family_name FROM person p JOIN "case" c ON c.person_id = p.id '
                'JOIN "user" u ON u.agency_id = c.lead_agency_id WHERE u.email = :email ORDER BY p.id LIMIT 300'
            ),
            {"email": built.line_manager_email},
        ).all()
    engine.dispose()
    chance = random.Random(5)
    asked = []
    for given, family in names:
        at = chance.randrange(len(family))
        letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
        wrong = family[:at] + letter + family[at + 1 :]
        asked.append((f"{given} {family}", f"{given} {wrong}"))
    turn = iter(range(10**9))
    hits = []

    def ask():
        right, typed = asked[next(turn) % len(asked)]
        found = who.get(f"/people?q={quote(typed)}")
        first_ten = found.split("ca-results", 1)[-1]
        hits.append(right in first_ten)
        return found

    def take():
        result = browser.one_after_another(running, "search, one typo", ask, SECONDS)
        result.note = f"{statistics.mean(hits):.1%} of {len(hits)} found"
        return result

    return take


def update(running, who, built):
    """A progress note on the partner's own action, posted with the version that stands: only the posting counts."""
    reference, action = built.partner_action
    path = f"/cases/{reference}/actions/{ids.written(action)}"
    done = iter(range(10**9))

    def once():
        form = who.get(path).split(f'action="{path}"', 1)[1].split("</form>", 1)[0]
        fields = dict(browser.FIELD.findall(form))
        prefix = next(name for name in fields if name.endswith("version")).removesuffix("version")
        note = {f"{prefix}status": "in_progress", f"{prefix}note": f"Met again, {next(done)}"}
        before, start = running.cpu(), time.perf_counter()
        status, answer = who.request("POST", path, fields | note)
        took = time.perf_counter() - start
        assert status == 303, (status, answer[:3000])
        time.sleep(0.002)  # until the worker has put the request away
        return took * 1000, (running.cpu() - before) * 1000

    def take():
        stop, taken = time.perf_counter() + SECONDS, []
        while time.perf_counter() < stop or len(taken) < 20:
            taken.append(once())
        times, cpu = zip(*taken, strict=True)
        return browser.Result(
            "one action updated",
            len(taken),
            1000 / statistics.mean(times),
            statistics.median(cpu),
            statistics.median(times),
            statistics.quantiles(times, n=20)[18],
            0,
        )

    return take


def signing_in(running, built):
    def ask():
        browser.Client(running.url).sign_in(built.partner_email, data.PASSWORD)
        return ""

    return lambda: browser.one_after_another(running, "sign in", ask, SECONDS)


def first_view(running, who, path):
    """What a browser fetches for the first page, compressed as a proxy would."""
    page_text = who.get(path)
    links = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page_text))
    size = len(gzip.compress(page_text.encode())) + sum(
        len(gzip.compress(who.get(link).encode())) for link in links
    )
    print(f"   first view of the plan: {1 + len(links)} requests, {size / 1024:.0f} KB compressed")


def report(results, memory):
    bare, raw = results["bare page"], results["plan, raw SQL"]
    print(
        f"   {'page':24}{'CPU ms':>8}{'× bare':>8}{'req/s':>8}{'of raw':>8}{'p50 ms':>8}{'p95':>7}{'KB':>6}"
    )
    for result in results.values():
        print(
            f"   {result.name:24}{result.cpu:8.2f}{result.cpu / bare.cpu:8.1f}{result.rate:8.0f}"
            f"{result.rate / raw.rate:8.2f}{result.p50:8.1f}{result.p95:7.1f}{result.size / 1024:6.0f}  {result.note}"
        )
    print(f"   largest worker: {memory:.0f} MiB", flush=True)


def growth(kind, grown):
    if len(grown) < 2:
        return
    sizes = sorted(grown)
    first, last = grown[sizes[0]], grown[sizes[-1]]
    print(
        f"\n== {kind}, from {sizes[0]:,} to {sizes[-1]:,} cases: times the processor time, for the same work"
    )
    for name in (
        "plan, case manager",
        "our actions",
        "my caseload",
        "search, one typo",
        "one action updated",
    ):
        print(f"   {name:24}{last[name].cpu / first[name].cpu:8.2f}")


if __name__ == "__main__":
    main()
