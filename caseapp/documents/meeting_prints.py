"""Minutes on paper: a reader's own copy; another agency's, through that agency's sight, for those who call the meeting;
the person's, in plain words. None holds more than its reader's own page."""

from dataclasses import dataclass
from datetime import datetime

from caseapp import clock, dates
from caseapp.errors import NotVisible
from caseapp.policy.meetings import MeetingFile, find_meeting
from caseapp.policy.viewer import Viewer
from caseapp.queries import meeting_minutes, meeting_minutes_copies, meeting_minutes_cut, plan_part
from caseapp.queries.meeting_minutes import Copy


@dataclass(frozen=True, slots=True)
class Sheet:
    """Minutes as they are printed, for whom, and by whom."""

    copy: Copy
    for_agency: str
    printed: str


def minutes(meeting: MeetingFile, *, viewer: Viewer, at: datetime, agency: int | None = None) -> Sheet:
    """The viewer's own copy; with `agency` that agency's, by its own rights today. Raises NotVisible where that agency
    may read nothing."""
    who, file = viewer, meeting
    if agency is not None and agency != viewer.agency_id:
        who = plan_part.as_agency(agency)
        file = who and find_meeting(who, meeting.id)
        if file is None:
            raise NotVisible
    copy = meeting_minutes.copy(file, viewer=who)
    printed = f"Printed on {dates.moment(at)}, by {viewer.name}, {viewer.agency_name}."
    return Sheet(copy, f"{who.agency_name}’s copy", printed)


@dataclass(frozen=True, slots=True)
class PersonsSheet:
    """The person's own copy: who was there, what they said, what was decided, what comes next; in plain words."""

    first_name: str
    day: str
    there: list[str]
    view: str
    read_back: bool
    decided: list[tuple[str, str]]
    mine: list[str]
    others: list[str]
    apart: list[str]
    not_agreed: str
    next: str
    sees: list[str]
    reach: str
    printed: str


def _hours(part: dict) -> str:
    """ "from 10:05 to 10:20", "at 10:05" where it was shorter than a minute."""
    begun = dates.hour(datetime.fromisoformat(part["begun_at"]))
    ended = dates.hour(datetime.fromisoformat(part["ended_at"])) if part["ended_at"] else ""
    return f"from {begun} to {ended}" if ended not in ("", begun) else f"at {begun}"


def person(meeting: MeetingFile, *, viewer: Viewer, at: datetime) -> PersonsSheet:
    """Raises NotVisible for anybody but those who hold the plan, and where there are no minutes yet."""
    if not meeting.hosts or meeting.case is None:
        raise NotVisible
    copy = meeting_minutes.copy(meeting, viewer=viewer)
    if copy.raw is None:
        raise NotVisible
    content = copy.raw
    who, _ = meeting_minutes.reader(meeting, viewer=viewer)
    there = [
        f"{place['name']}, {place['agency'] or place['role']}".rstrip(", ")
        for place in meeting_minutes_cut.attendance(content, who)
        if place["here"] and place["kind"] != "person"
    ]
    decided = [(one.text, one.reason) for one in copy.decisions if not one.apart]
    apart = [
        f"Part of the meeting was held without you, {_hours(one)}. You can ask why, and ask to read what was said."
        for one in content["aparts"]
    ]
    mine, others = [], []
    for row in copy.changes:
        words = ", ".join(piece.text for piece in row.now)
        line = f"{row.name} – {words[:1].lower()}{words[1:]}"
        own = row.who.split(",")[0] == copy.first_name
        (mine if own else others).append(line if own or not row.who else f"{row.who}: {line}")
    sees = [
        f"{one.agency} reads {'the whole of it' if one.whole else 'only what is about its own part'}."
        for one in meeting_minutes_copies.copies(meeting, viewer=viewer)
        if one.agency_id is not None
    ]
    view = content["view"]
    return PersonsSheet(
        copy.first_name,
        dates.long_day(clock.local_day(copy.held_at)),
        there,
        view["words"],
        view["read_back"],
        decided,
        mine,
        others,
        apart,
        content["not_agreed"],
        copy.next,
        sees,
        content["chair"],
        f"Made on {dates.moment(at)}, by {viewer.name}, {viewer.agency_name}.",
    )
