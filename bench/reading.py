"""`python -m bench.reading [--staff 5000] [--chapters 400] [--databases sqlite,postgresql]`: the matrix of staff and chapters at the
size of issue 5: 5,000 staff, 400 chapters of 6 versions, two million cells, in one agency.

Two line managers are measured: one with a team of fifty, as in life, and one whose staff is the whole agency, which no
agency has. Statements and processor time are to stay the same from page to page; the figures over all cells grow with them."""

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, insert, make_url, text

from bench import client as browser
from bench import server
from bench.__main__ import page
from caseapp import clock, create_app, migrate
from caseapp.models import Agency, Area, Chapter, ChapterVersion, Handbook, User
from caseapp.procedures_library import place_of
from caseapp.services import reading_reminders
from caseapp.services.passwords import hashed
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AgencyKind, AreaKind, ChapterChange, PracticeArea, Role
from tests import databases

PASSWORD = "measured-in-the-same-run"
VERSIONS = 6
TEAM = 50
PORT = 8987
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIRST_USER, FIRST_CHAPTER = 1_000_000, 5_000_000

#: Every cell in one statement: a fifth was never read, a tenth an older version, a tenth is waived, the rest is current.
CELLS = """
INSERT INTO reading_standing (user_id, chapter_id, asked_at, due_on, waived_at, confirmed_number, confirmed_on)
SELECT u.id, c.id, :at, CASE WHEN (u.id + c.id) % 7 = 0 THEN :over ELSE :ahead END,
       CASE WHEN (u.id * 3 + c.id) % 10 = 0 THEN :at END,
       CASE WHEN (u.id + c.id * 7) % 5 = 0 THEN 0 WHEN (u.id + c.id) % 10 = 1 THEN 3 ELSE 6 END,
       CASE WHEN (u.id + c.id * 7) % 5 = 0 THEN NULL ELSE :read END
FROM "user" u CROSS JOIN chapter c WHERE u.id >= :first
"""


def build(url: str, staff: int, chapters: int) -> None:
    """Fill an empty database; the same numbers give the same world."""
    migrate.upgrade(url)
    engine, today = create_engine(make_url(url)), clock.today()
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.execute(
            insert(Area), [{"id": 1, "name": "Bench area", "kind": AreaKind.LOCAL, "active": True}]
        )
        agency = {
            "id": 2,
            "name": "Bench agency",
            "kind": AgencyKind.DRUG_SERVICE,
            "area_id": 1,
            "active": True,
        }
        connection.execute(insert(Agency), [agency])
        secret = hashed(PASSWORD)
        account = {"agency_id": 2, "password_hash": secret, "created_at": AT}
        leaders = [
            account
            | {"id": 10, "email": "team@bench.example", "name": "Leads a team", "roles": Role.LINE_MANAGER},
            account
            | {"id": 11, "email": "all@bench.example", "name": "Leads all", "roles": Role.LINE_MANAGER},
            account | {"id": 12, "email": "admin@bench.example", "name": "Keeps", "roles": Role.AGENCY_ADMIN},
        ]
        connection.execute(insert(User), leaders)
        people = [
            {
                "id": FIRST_USER + n,
                "agency_id": 2,
                "email": f"s{n}@bench.example",
                "name": f"Reader {n:05}",
                "roles": Role.WORKER,
                "line_manager_id": 10 if n < TEAM else 11,
                "profession": ("Nurse", "Social worker", "Key worker")[n % 3],
                "created_at": AT,
            }
            for n in range(staff)
        ]
        connection.execute(insert(User), people)
        connection.execute(insert(Handbook), [{"agency_id": 2, "stamp": 1, "families": [], "began_at": AT}])
        heads, versions = [], []
        for n in range(chapters):
            number = f"{n // 20 + 1}.{n % 20 + 1}"
            heads.append(
                {
                    "id": FIRST_CHAPTER + n,
                    "agency_id": 2,
                    "number": number,
                    "place": place_of(number),
                    "title": f"Chapter about {n}",
                    "area": PracticeArea.PLANNING,
                    "created_at": AT,
                    "published_at": AT,
                }
            )
            for version in range(1, VERSIONS + 1):
                begins = today - timedelta(days=40 * (VERSIONS - version) + 30)
                versions.append(
                    {
                        "id": FIRST_CHAPTER * 2 + n * 10 + version,
                        "chapter_id": FIRST_CHAPTER + n,
                        "number": version,
                        "title": f"Chapter about {n}",
                        "text": "Words. " * 200,
                        "change": ChapterChange.FIRST if version == 1 else ChapterChange.READ_AGAIN,
                        "counts_from": version,
                        "effective_on": begins,
                        "superseded_on": begins + timedelta(days=40) if version < VERSIONS else None,
                        "written_at": AT,
                        "published_at": AT,
                    }
                )
        connection.execute(insert(Chapter), heads)
        connection.execute(insert(ChapterVersion), versions)
        at = AT.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds") if sqlite else AT
        days = {
            "over": today - timedelta(days=9),
            "ahead": today + timedelta(days=9),
            "read": today - timedelta(days=20),
        }
        values = {name: str(day) if sqlite else day for name, day in days.items()}
        connection.execute(
            text(CELLS if sqlite else CELLS.replace(":at END", "CAST(:at AS timestamptz) END")),
            values | {"at": at, "first": FIRST_USER},
        )
        connection.commit()
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    engine.dispose()
    with create_app({"DATABASE_URL": url, "SECRET_KEY": "k" * 40}).app_context(), unit_of_work():
        reading_reminders.keep_coverage(clock.now())  # as every night


def measure(place, kind, staff, chapters, seconds) -> None:
    name = "benchreading"
    url = place.blank(name)
    began = time.perf_counter()
    build(url, staff, chapters)
    print(
        f"\n== {kind}, {staff:,} staff × {chapters} chapters × {VERSIONS} versions: {staff * chapters:,} cells, "
        f"written in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    pages = (
        ("matrix, team of 50", "team", ["/reading"]),
        ("matrix, team, far pages", "team", ["/reading?page=2&across=40", "/reading?across=50"]),
        ("matrix, team, overdue", "team", ["/reading?which=overdue"]),
        (f"matrix, all {staff - TEAM:,}", "all", ["/reading"]),
        (f"matrix, all {staff - TEAM:,}, far", "all", ["/reading?page=150&across=40"]),
        ("figures of the agency", "admin", ["/reading/figures"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DATABASE_URL": url, "CASEAPP_DATA": folder, "SECRET_KEY": "k" * 40}
        with server.running("bench.bare:app", PORT, **environment) as bare:
            least = page(bare, "bare page", ["/"])()
        print(f"   {'page':30}{'CPU ms':>9}{'× bare':>9}{'p50 ms':>9}{'p95':>8}{'KB':>6}")
        with server.running("app:app", PORT + 1, **environment) as ours:
            for label, who, paths in pages:
                client = browser.Client(ours.url)
                client.sign_in(f"{who}@bench.example", PASSWORD)
                turn = iter(range(10**9))
                found = browser.one_after_another(
                    ours, label, lambda c=client, p=paths, t=turn: c.get(p[next(t) % len(p)]), seconds
                )
                print(
                    f"   {label:30}{found.cpu:9.2f}{found.cpu / least.cpu:9.1f}{found.p50:9.1f}"
                    f"{found.p95:8.1f}{found.size / 1024:6.0f}",
                    flush=True,
                )
    place.drop(name)


def main():
    arguments = argparse.ArgumentParser(prog="python -m bench.reading")
    arguments.add_argument("--staff", type=int, default=5000)
    arguments.add_argument("--chapters", type=int, default=400)
    arguments.add_argument("--databases", default="sqlite,postgresql")
    arguments.add_argument("--seconds", type=float, default=4)
    chosen = arguments.parse_args()
    for kind in chosen.databases.split(","):
        place = databases.KINDS[kind]()
        try:
            measure(place, kind, chosen.staff, chosen.chapters, chosen.seconds)
        finally:
            place.stop()


if __name__ == "__main__":
    main()
