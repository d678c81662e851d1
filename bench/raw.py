"""The other yardstick: the same plan page by hand-written SQL and Jinja, with no session, no visibility, no audit, no form
tokens. What our page costs above this is what its duties cost."""

import os
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask, request
from jinja2 import Environment, FileSystemLoader

from caseapp import dates, ids, working_days

app = Flask(__name__, static_folder=None)
URL = os.environ["DATABASE_URL"]
_env = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True
)
_page = _env.get_template("raw_plan.html")

ACTIONS = """
SELECT a.id, a.goal_id, a.what, a.due_on, a.status, a.last_note, a.last_note_at, a.last_note_by,
       g.name AS agency, g.id AS agency_id, u.name AS worker
FROM action a LEFT JOIN agency g ON g.id = a.owner_agency_id LEFT JOIN "user" u ON u.id = a.owner_user_id
WHERE a.case_id = ? ORDER BY a.goal_id, a.due_on, a.id"""
GOALS = """
SELECT g.id, g.number, g.domain, g.words, g.measure, g.target_on, g.priority, n.level
FROM goal g LEFT JOIN need n ON n.case_id = g.case_id AND n.domain = g.domain WHERE g.case_id = ? ORDER BY g.number"""
HEAD = """
SELECT c.id, c.reference, p.given_name, p.family_name, p.born_on, a.name, u.name, u.phone, m.name, k.agreed_version,
       k.agreed_at, k.next_review_on, k.contingency, c.commitment_ends_on
FROM "case" c JOIN person p ON p.id = c.person_id JOIN agency a ON a.id = c.lead_agency_id
JOIN case_assignment s ON s.case_id = c.id AND s.role = 'case_manager' AND s.to_at IS NULL
JOIN "user" u ON u.id = s.user_id JOIN "user" m ON m.id = c.line_manager_id JOIN care_plan k ON k.case_id = c.id
WHERE c.reference = ?"""
GRANTS = """
SELECT g.agency_id, a.name, g.expires_on, g.full_plan FROM consent_grant g JOIN agency a ON a.id = g.agency_id
WHERE g.case_id = ? AND g.status = 'active' ORDER BY a.name"""
VERSIONS = "SELECT number, agreed_at FROM plan_version WHERE case_id = ? ORDER BY number DESC"
EVENTS = """
SELECT e.summary, e.at, u.name FROM event e JOIN "user" u ON u.id = e.actor_id
WHERE e.case_id = ? ORDER BY e.at DESC LIMIT 6"""

TAGS = {
    "proposed": ("t-proposed", "Proposed"),
    "requested": ("t-asked", "Asked"),
    "accepted": ("t-accepted", "Accepted"),
    "in_progress": ("t-going", "Under way"),
    "blocked": ("t-blocked", "Blocked"),
    "completed": ("t-done", "Done"),
    "not_completed": ("t-notdone", "Not done"),
    "declined": ("t-declined", "Declined"),
    "cancelled": ("t-notdone", "Stopped"),
}
OPEN = {"proposed", "requested", "accepted", "in_progress", "blocked"}


def _connect():
    if URL.startswith("sqlite"):
        connection = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
        return lambda sql, value: connection.execute(sql, (value,)).fetchall()
    import psycopg

    connection = psycopg.connect(URL.replace("+psycopg", ""), autocommit=True)
    return lambda sql, value: connection.execute(sql.replace("?", "%s"), (value,)).fetchall()


_rows = None


def _day(value):
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value)[:10])


@app.get("/sign-in")
def ready():
    return "ready"


@app.get("/cases/<reference>/plan")
def plan(reference):
    global _rows
    if _rows is None:
        _rows = _connect()
    today = datetime.now(UTC).date()
    head = _rows(HEAD, reference)[0]
    case_id = head[0]
    actions, counts, by_goal = _rows(ACTIONS, case_id), {}, {}
    for a in actions:
        due = _day(a[3])
        late = a[4] in OPEN and due is not None and due < today
        mine = counts.setdefault(a[9], [0, 0, 0])
        mine[0] += 1
        mine[1] += late
        mine[2] += a[4] == "requested"
        tag, label = TAGS[a[4]]
        by_goal.setdefault(a[1], []).append(
            (
                ids.written(a[0]),
                a[8],
                a[10],
                a[2],
                f"{dates.short_day(_day(a[6]))}, {a[7]}: {a[5]}",
                dates.day(due),
                working_days.in_words(due, today, "IE") if late else "",
                tag,
                label,
            )
        )
    return _page.render(
        head=head,
        born=dates.full_day(_day(head[4])),
        agreed=dates.full_day(_day(head[10])),
        review=dates.long_day(_day(head[11])),
        promise=dates.full_day(_day(head[13])),
        goals=[
            (*goal, dates.full_day(_day(goal[5])), by_goal.get(goal[0], ())) for goal in _rows(GOALS, case_id)
        ],
        agencies=[
            (ids.written(g[0]), g[1], dates.day(_day(g[2])), *counts.get(g[0], (0, 0, 0)))
            for g in _rows(GRANTS, case_id)
        ],
        versions=[(v[0], dates.day(_day(v[1]))) for v in _rows(VERSIONS, case_id)],
        events=[(e[0], dates.day(_day(e[1])), e[2]) for e in _rows(EVENTS, case_id)],
        path=request.path,
    )
