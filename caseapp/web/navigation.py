"""The places of each role: its own work first, at most six in sight and the rest under "More", a number only where
something waits."""

from dataclasses import dataclass, replace

from flask import current_app, has_request_context, request, url_for

from caseapp import clock, ids
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.viewer import Viewer
from caseapp.procedures_library import step_of
from caseapp.queries import governing, waiting
from caseapp.queries.governing import Governing
from caseapp.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the main navigation."""

    label: str
    url: str
    current: bool
    count: int | str = 0
    count_words: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    items: list[Place]
    more: list[Place]
    unread: int | str
    #: The chapter of the procedures that governs this page (queries.governing.Governing), or None.
    governing: Governing | None = None


#: How many places stand in sight; the rest is under "More".
IN_SIGHT = 6

#: label, endpoint, the act it needs, and which number (of queries.waiting) stands beside it; the order is that of a day
PLACES = (
    ("My team", "home.team", Do.SEE_TEAM, None),
    ("My caseload", "home.caseload", Do.SEE_CASELOAD, None),
    ("Our actions", "home.our_actions", Do.SEE_OUR_ACTIONS, "to_answer"),
    ("Meetings", "meetings.index", Do.SEE_MEETINGS, "meetings"),
    ("Gaps and blocks", "escalations.index", Do.SEE_GAPS, "gaps"),
    ("Reading", "reading.index", Do.SEE_READING, None),
    ("People", "people.index", Do.SEARCH_PEOPLE, None),
    ("Transfers", "transfers.index", Do.SEE_TRANSFERS, "transfers"),
    ("Privacy", "privacy.index", Do.LOOK_AFTER_PRIVACY, None),
    ("Emergency reviews", "emergency.index", Do.SEE_EMERGENCY_REVIEWS, "emergencies"),
    ("Unusual reading", "privacy.findings", Do.LOOK_AFTER_PRIVACY, "findings"),
    ("Access record", "privacy.record", Do.SEARCH_AUDIT, None),
    ("Requests", "rights.requests", Do.SEE_RETENTION, "subject_requests"),
    ("Retention", "rights.retention", Do.SEE_RETENTION, None),
    ("Staff", "staff.index", Do.MANAGE_STAFF, None),
    ("Our agency", "agency.show", Do.MANAGE_OWN_AGENCY, None),
    ("Reading sets", "reading.sets", Do.KEEP_READING_SETS, None),
    ("Agencies", "system.agencies", Do.MANAGE_AGENCIES, None),
    ("Procedures", "procedures.index", Do.READ_HANDBOOK, "to_read"),
    ("Directory", "directory.index", Do.SEE_DIRECTORY, None),
    ("Requests", "rights.requests", Do.SEE_SUBJECT_REQUESTS, None),
    ("Triage", "triage.index", Do.TRIAGE_GAPS, None),
    ("Group agenda", "triage.group_agenda", Do.TRIAGE_GAPS, None),
    ("Register", "triage.register", Do.SEE_REGISTER, None),
    ("Reports", "triage.quarterly", Do.SEE_REPORTS, None),
    ("Disclosures", "restricted.disclosures", Do.SEE_DISCLOSURES, None),
    ("Requests for access", "doors.index", Do.SEE_ACCESS_REQUESTS, "access_requests"),
    ("Emergency access", "emergency.begin", Do.USE_EMERGENCY, None),
    ("Conflicts of interest", "doors.conflicts", Do.KEEP_DENIALS, None),
    ("Who may use emergency access", "emergency.rights", Do.GIVE_EMERGENCY_RIGHT, None),
)

#: for those who work above the agencies, before all others
ABOVE_AGENCIES = (
    ("Triage", "triage.index", Do.TRIAGE_GAPS, "gaps"),
    ("Group agenda", "triage.group_agenda", Do.TRIAGE_GAPS, None),
    ("Register", "triage.register", Do.SEE_REGISTER, None),
    ("Directory", "directory.index", Do.SEE_DIRECTORY, None),
    ("Reports", "triage.quarterly", Do.SEE_REPORTS, None),
    ("Procedures", "procedures.index", Do.READ_HANDBOOK, "to_read"),
)

WORDS = {
    "gaps": "waiting for your answer",
    "to_read": "to read",
    "to_answer": "to accept or decline",
    "meetings": "to answer",
    "transfers": "waiting for your step",
    "access_requests": "to answer",
    "subject_requests": "to answer",
    "findings": "to look into",
    "emergencies": "to review",
}


# the things behind Flask's stand-ins, which look them up anew at each word
_app, _request = current_app._get_current_object, request._get_current_object

_patterns: dict[tuple, str | None] = {}
_STAND_IN = 1 << 62
MOST_PATTERNS = 1000
_GAP = object()
_SIMPLE = frozenset({str, int, type(None)})


def reach(endpoint: str, **values) -> str | None:
    """The address of a page, or None where this house has no such page: then no link is drawn."""
    return link(endpoint, **values) if endpoint in _app().view_functions else None


def link(endpoint: str, **values) -> str:
    """Flask's url_for, for all pages and templates. A page has many links of one shape, so the shape is worked out once,
    and the case's reference and the records' ids are set into it. Raises BuildError where there is no such page."""
    if endpoint[:1] == "." or "_external" in values or not has_request_context():
        return url_for(endpoint, **values)
    gaps, shape = [], [_request().root_path, endpoint, *values]
    for name, value in values.items():
        kind = type(value)
        if name == "reference" and kind is str and value.isdigit():
            gaps.append(value)
            shape.append(_GAP)
        elif kind is int and name.endswith("_id"):
            gaps.append(ids.written(value))
            shape.append(_GAP)
        elif kind in _SIMPLE:
            shape.append(value)
        else:
            return url_for(endpoint, **values)
    key = tuple(shape)
    try:
        pattern = _patterns[key]
    except KeyError:
        if len(_patterns) > MOST_PATTERNS:
            _patterns.clear()
        pattern = _patterns[key] = _pattern(endpoint, values)
    if pattern is None:
        return url_for(endpoint, **values)
    return pattern.format(*gaps) if gaps else pattern


def _pattern(endpoint, values) -> str | None:
    """The address with {0}, {1} … where the references and ids go, in the order of `values`; None where they do not
    stand in it as they are written (an id that is asked for after the question mark)."""
    stand_ins, marks = {}, []
    for name, value in values.items():
        if name == "reference" and type(value) is str and value.isdigit():
            stand_ins[name] = "case-reference"
            marks.append("case-reference")
        elif type(value) is int and name.endswith("_id"):
            stand_ins[name] = _STAND_IN + len(marks)
            marks.append(ids.written(_STAND_IN + len(marks)))
    url = url_for(endpoint, **values | stand_ins)
    if not marks:
        return url
    if any(url.count(mark) != 1 for mark in marks):
        return None
    url = url.replace("{", "{{").replace("}", "}}")
    for at, mark in enumerate(marks):
        url = url.replace(mark, f"{{{at}}}")
    return url


def landing(viewer: Viewer) -> str:
    """Where a role starts its day."""
    if viewer.has(Role.LINE_MANAGER):
        return _url("home.team")
    if viewer.has(Role.WORKER):
        return _url("home.caseload" if waiting.has_caseload(viewer=viewer) else "home.our_actions")
    if rules.may(viewer, Do.TRIAGE_GAPS):
        return _url("triage.index")
    if rules.may(viewer, Do.LOOK_AFTER_PRIVACY):
        return _url("privacy.index")
    if viewer.has(Role.AGENCY_ADMIN):
        return _url("staff.index")
    if viewer.has(Role.SYSTEM_ADMIN):
        return _url("system.agencies")
    return _url("directory.index")


def _url(endpoint):
    return url_for(endpoint if endpoint in current_app.view_functions else "auth.account")


def places(viewer: Viewer, path: str) -> Places:
    """The navigation for this viewer, with what waits for them."""
    step = step_of(request.endpoint)
    known = governing.remembered(viewer.agency_id, step)
    counts = waiting.counts(viewer=viewer, chapter_id=known)
    caseload = link("home.caseload")
    items = [
        Place(label, url, path.startswith(url), _at_most(getattr(counts, number)) if number else 0, words)
        for label, url, number, words in _open_to(viewer)
        # a partner's worker holds no case: their work is the agency's actions
        if url != caseload or counts.caseload or viewer.manages
    ]
    here = max((one.url for one in items if one.current), key=len, default="")
    items = [replace(one, current=one.url == here) if one.current else one for one in items]
    chapter = governing.chapter(
        step,
        viewer=viewer,
        today=clock.today(),
        stamp=counts.stamp,
        asked=known,
        confirmed=counts.confirmed,
        confirmed_on=counts.confirmed_on,
    )
    more = items[IN_SIGHT:] if len(items) > IN_SIGHT + 1 else []
    return Places(items[: len(items) - len(more)], more, _at_most(counts.unread), chapter)


_open: dict[tuple, tuple] = {}


def _open_to(viewer: Viewer) -> tuple:
    """(label, address, name of its number, what the number counts) of each place that the viewer's roles open, in order:
    worked out once for each set of roles, as no place is about a record."""
    key = (request.script_root, viewer.roles)
    if key not in _open:
        above = rules.may(viewer, Do.TRIAGE_GAPS) and not viewer.practises
        found = {}
        for label, endpoint, act, number in (*ABOVE_AGENCIES, *PLACES) if above else PLACES:
            if endpoint not in found and endpoint in current_app.view_functions and rules.may(viewer, act):
                found[endpoint] = (label, link(endpoint), number, WORDS.get(number, ""))
        _open[key] = tuple(found.values())
    return _open[key]


def _at_most(count: int) -> int | str:
    return f"{count}+" if count >= waiting.AT_MOST else count
