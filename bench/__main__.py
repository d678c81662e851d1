"""`python -m bench [--cases 1000,20000] [--databases sqlite,postgresql] [--seconds 6]`: measure and print ratios.

Every figure is taken in one run on one machine: a bare Flask page, the plan by hand-written SQL, then ours with all duties
(session, CSRF, visibility, audit row). Processor time is the server's own, for each request; rates are with eight
connections at once on two workers. Nothing here is asserted: the ratios are for reading (docs/developers/speed.md).
"""

import argparse
import gzip
import random
import statistics
import tempfile
import time

from sqlalchemy import create_engine, text

from bench import client as browser
from bench import data, server
from tests import databases

ACTIONS = {1000: 40, 20_000: 40}
FEWER = 8  # actions for each case beyond twenty thousand cases
PORT = 8977


def main():
    arguments = argparse.ArgumentParser(prog="python -m bench")
    arguments.add_argument("--cases", default="1000,20000")
    arguments.add_argument("--databases", default="sqlite,postgresql")
    arguments.add_argument("--seconds", type=float, default=5)
    chosen = arguments.parse_args()
    for kind in chosen.databases.split(","):
        place = databases.KINDS[kind]()
        try:
            grown = {}
            for cases in (int(n) for n in chosen.cases.split(",")):
                grown[cases] = measure(place, kind, cases, chosen.seconds)
            growth(kind, grown)
        finally:
            place.stop()


def measure(place, kind, cases, seconds):
    actions = ACTIONS.get(cases, FEWER)
    print(f"\n== {kind}, {cases:,} cases of {actions} actions", flush=True)
    name = f"bench{cases}"
    url = place.blank(name)
    began = time.perf_counter()
    built = data.build(url, cases, actions)
    print(f"   written in {time.perf_counter() - began:.0f} s", flush=True)
    chance = random.Random(11)
    sample = chance.sample(built.references, min(200, len(built.references)))
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": url, "CASEAPP_DATA": folder, "SECRET_KEY": "k" * 40}
        with server.running("bench.bare:app", PORT, **environment) as bare:
            results["bare page"] = page(bare, "bare page", ["/"], None, seconds)
        raw_paths = [f"/cases/{reference}/plan" for reference in sample]
        with server.running("bench.raw:app", PORT + 1, **environment) as raw:
            results["plan, raw SQL"] = page(raw, "plan, raw SQL", raw_paths, None, seconds)
        with server.running("app:app", PORT + 2, **environment) as ours:
            results |= our_pages(ours, built, url, seconds)
            memory = ours.memory()
    report(results, memory)
    place.drop(name)
    return results


def page(running, name, paths, who, seconds):
    """One page: alone for latency and processor time, then eight at once for the rate."""
    who = who or browser.Client(running.url)
    turn = iter(range(10**9))
    alone = browser.one_after_another(running, name, lambda: who.get(paths[next(turn) % len(paths)]), seconds)
    cookie = "; ".join(f"{k}={v}" for k, v in who.cookies.items()) or "none=1"
    rate, cpu = browser.many_at_once(running, paths, cookie, int(seconds))
    alone.rate, alone.cpu = rate, min(cpu, alone.cpu)
    return alone


def our_pages(running, built, url, seconds):
    manager = browser.Client(running.url)
    manager.sign_in(built.manager_email, data.PASSWORD)
    partner = browser.Client(running.url)
    partner.sign_in(built.partner_email, data.PASSWORD)
    leader = browser.Client(running.url)
    leader.sign_in(built.line_manager_email, data.PASSWORD)
    own = own_references(url, built.manager_email)
    plan = [f"/cases/{reference}/plan" for reference in own]
    results = {
        "plan, case manager": page(running, "plan, case manager", plan, manager, seconds),
        "plan, partner's part": page(
            running, "plan, partner's part", [f"/cases/{built.partner_action[0]}/plan"], partner, seconds
        ),
        "our actions": page(running, "our actions", ["/our-actions"], partner, seconds),
        "my caseload": page(running, "my caseload", ["/caseload"], manager, seconds),
        "my team": page(running, "my team", ["/team"], leader, seconds),
    }
    results |= search(running, leader, built, url, seconds)
    results["one action updated"] = update(running, partner, built, seconds)
    results["sign in"] = signing_in(running, built, seconds)
    first_view(running, manager, plan[0])
    return results


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


def search(running, who, built, url, seconds):
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
        from urllib.parse import quote

        right, typed = asked[next(turn) % len(asked)]
        found = who.get(f"/people?q={quote(typed)}")
        first_ten = found.split("ca-results", 1)[-1]
        hits.append(right in first_ten)
        return found

    result = browser.one_after_another(running, "search, one typo", ask, seconds)
    print(f"   search: {statistics.mean(hits):.1%} found among the first shown, {len(hits)} asked")
    return {"search, one typo": result}


def update(running, who, built, seconds):
    """A progress note on the partner's own action, posted with the version that stands."""
    reference, action = built.partner_action
    from caseapp import ids

    path = f"/cases/{reference}/actions/{ids.written(action)}"
    times, cpu, done, stop = [], 0.0, 0, time.perf_counter() + seconds
    while time.perf_counter() < stop or done < 20:
        form = who.get(path).split(f'action="{path}"', 1)[1].split("</form>", 1)[0]
        fields = dict(browser.FIELD.findall(form))
        prefix = next(name for name in fields if name.endswith("version")).removesuffix("version")
        before, start = running.cpu(), time.perf_counter()
        status, answer = who.request(
            "POST", path, fields | {f"{prefix}status": "in_progress", f"{prefix}note": f"Met again, {done}"}
        )
        times.append((time.perf_counter() - start) * 1000)
        cpu += running.cpu() - before
        assert status == 303, (status, answer[:3000])
        done += 1
    spread = statistics.quantiles(times, n=20)
    return browser.Result(
        "one action updated",
        done,
        1000 / statistics.mean(times),
        cpu * 1000 / done,
        statistics.median(times),
        spread[18],
        0,
    )


def signing_in(running, built, seconds):
    def ask():
        browser.Client(running.url).sign_in(built.partner_email, data.PASSWORD)
        return ""

    return browser.one_after_another(running, "sign in", ask, min(seconds, 3))


def first_view(running, who, path):
    """What a browser fetches for the first page, compressed as a proxy would."""
    import re

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
            f"{result.rate / raw.rate:8.2f}{result.p50:8.1f}{result.p95:7.1f}{result.size / 1024:6.0f}"
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
