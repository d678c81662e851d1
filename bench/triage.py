"""`python -m bench.triage [--gaps 10000] [--databases sqlite,postgresql] [--seconds 4]`: the triage page of a coordinator
and of the national level over thousands of open gaps and blocks, beside an ordinary list page and a bare one, in the
same run on the same machine (issue 4). Nothing is asserted: the ratios are for reading (docs/developers/speed.md)."""

import argparse
import random
import tempfile
import time
from datetime import timedelta

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.orm import Session

from bench import client as browser
from bench import data, server
from caseapp import clock, ids
from caseapp.models import Agency, Area, Escalation, EscalationHolding, GapTheme, User, UserArea
from caseapp.queries.escalation_likeness import key
from caseapp.vocabulary import EscalationKind, EscalationState, Role, Rung, StepAct
from tests import databases

PORT = 8967
#: Cases beside the gaps and blocks: the list page that is compared has its usual size.
CASES = 1000
DOMAINS = ("accommodation", "drug_use", "mental_health", "legal", "money", "physical_health")
SERVICES = ("Night bed", "Detox bed", "Council housing list", "Trauma counselling", "Dentist", "Medical card")


def main():
    arguments = argparse.ArgumentParser(prog="python -m bench.triage")
    arguments.add_argument("--gaps", type=int, default=10_000)
    arguments.add_argument("--databases", default="sqlite,postgresql")
    arguments.add_argument("--seconds", type=float, default=4)
    chosen = arguments.parse_args()
    for kind in chosen.databases.split(","):
        place = databases.KINDS[kind]()
        try:
            measure(place, kind, chosen.gaps, chosen.seconds)
        finally:
            place.stop()


def page(running, name, paths, who, seconds):
    """One page with nobody else there, and how many a second with eight connections at once."""
    turn = iter(range(10**9))
    alone = browser.one_after_another(running, name, lambda: who.get(paths[next(turn) % len(paths)]), seconds)
    cookie = "; ".join(f"{k}={v}" for k, v in who.cookies.items()) or "none=1"
    alone.rate = browser.many_at_once(running, paths, cookie, int(seconds))
    return alone


def measure(place, kind, gaps, seconds):
    print(f"\n== {kind}, {gaps:,} open gaps and blocks", flush=True)
    name = f"triage{gaps}"
    url = place.blank(name)
    built = data.build(url, CASES, 8)
    coordinator, national = fill(url, gaps, built.partner_email)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": url, "CASEAPP_DATA": folder, "SECRET_KEY": "k" * 40}
        with server.running("bench.bare:app", PORT, **environment) as bare:
            results = [page(bare, "bare page", ["/"], browser.Client(bare.url), seconds)]
        with server.running("app:app", PORT + 1, **environment) as ours:
            partner, local, above = (browser.Client(ours.url) for _ in range(3))
            partner.sign_in(built.partner_email, data.PASSWORD)
            local.sign_in(coordinator, data.PASSWORD)
            above.sign_in(national, data.PASSWORD)
            for words, paths, who in (
                ("our actions (a list)", ["/our-actions"], partner),
                ("triage, all areas of one", ["/triage"], local),
                ("triage, page 200", ["/triage?page=200"], local),
                ("triage, filtered", ["/triage?view=mine&urgent=yes&age=30"], local),
                ("triage, words", ["/triage?words=night+bed"], local),
                ("triage, national", ["/triage"], above),
                ("register, kept", ["/register/keeping"], above),
                ("report of the quarter", ["/reports"], above),
            ):
                results.append(page(ours, words, paths, who, seconds))
    bare = results[0]
    print(f"   {'page':26}{'CPU ms':>8}{'× bare':>8}{'req/s':>8}{'p50 ms':>8}{'p95':>7}{'KB':>6}")
    for one in results:
        print(
            f"   {one.name:26}{one.cpu:8.2f}{one.cpu / bare.cpu:8.1f}{one.rate:8.0f}{one.p50:8.1f}"
            f"{one.p95:7.1f}{one.size / 1024:6.0f}",
            flush=True,
        )
    place.drop(name)


def fill(url, gaps, like_email):
    """The gaps and blocks, all of them readable from above; gives the addresses of a coordinator of every area and of
    the national coordinator, with the password of the account `like_email`."""
    chance = random.Random(7)
    engine = create_engine(url)
    now, today = clock.now(), clock.today()
    with Session(engine) as session:
        password = session.scalar(select(User.password_hash).where(User.email == like_email))
        areas = session.scalars(select(Area.id)).all()
        agencies = session.scalars(select(Agency.id)).all()
        workers = dict(session.execute(select(User.agency_id, User.id)).all())
        people = {}
        for email, role in (("local", Role.COORDINATOR), ("national", Role.NATIONAL_COORDINATOR)):
            user = User(
                agency_id=agencies[0],
                email=f"{email}@above.example",
                name=f"Bench {email.title()}",
                roles=role,
                password_hash=password,
                created_at=now,
            )
            session.add(user)
            session.flush()
            people[email] = user.id
        session.add_all([UserArea(user_id=people["local"], area_id=area) for area in areas])
        themes = [GapTheme(name=f"Theme {number}", created_at=now) for number in range(12)]
        session.add_all(themes)
        session.flush()
        rows, holdings = [], []
        for number in range(1, gaps + 1):
            level = chance.choice(
                (Rung.MANAGER, Rung.COORDINATOR, Rung.COORDINATOR, Rung.GROUP, Rung.NATIONAL)
            )
            agency = chance.choice(agencies)
            holder = people["national"] if level is Rung.NATIONAL else people["local"]
            gap_id, noticed = ids.new_id(), today - timedelta(days=chance.randrange(2, 200))
            due = today + timedelta(days=chance.randrange(-20, 30))
            service = f"{chance.choice(SERVICES)} {chance.randrange(60)}"
            moment = now - timedelta(days=(today - noticed).days - 1)
            rows.append(
                {
                    "id": gap_id,
                    "version": 1,
                    "number": number,
                    "kind": chance.choice(list(EscalationKind)),
                    "domain": chance.choice(DOMAINS),
                    "agency_id": agency,
                    "raised_by_id": workers.get(agency, people["local"]),
                    "area_id": chance.choice(areas),
                    "concerned_agency_id": chance.choice(agencies),
                    "concerned_name": "",
                    "service": service,
                    "service_key": key(service),
                    "title": f"{service}: not to be had within reach",
                    "noticed_on": noticed,
                    "age_from": noticed,
                    "raised_at": moment,
                    "urgent": number % 11 == 0,
                    "urgent_reason": "Soon" if number % 11 == 0 else "",
                    "state": EscalationState.OPEN,
                    "level": level,
                    "reads_up_to": max(level, chance.choice((Rung.COORDINATOR, Rung.NATIONAL))),
                    "holder_id": holder,
                    "held_since": moment,
                    "due_on": due,
                    "last_step_at": moment,
                    "theme_id": chance.choice(themes).id if number % 3 else None,
                }
            )
            holdings.append(
                {
                    "id": ids.new_id(),
                    "escalation_id": gap_id,
                    "position": 0,
                    "level": level,
                    "user_id": holder,
                    "from_at": moment,
                    "starts_on": noticed,
                    "allowed_days": 20,
                    "used_before": 0,
                    "due_on": due,
                    "calendar": "IE",
                    "came_by": StepAct.PASSED_UP,
                }
            )
        began = time.perf_counter()
        session.execute(insert(Escalation), rows)
        session.execute(insert(EscalationHolding), holdings)
        session.commit()
        session.execute(text("ANALYZE"))
        session.commit()
        print(f"   written in {time.perf_counter() - began:.0f} s", flush=True)
    engine.dispose()
    return "local@above.example", "national@above.example"


if __name__ == "__main__":
    main()
