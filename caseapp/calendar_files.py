"""Calendar files (RFC 5545) of meetings: an invitation, its change, its end.

They name nobody: no person, no case, no agency, no place, no kind of meeting. They hold the day, the hour and the way
into Caseapp, where the rest is read by those who may (docs/decisions/0014-invitations.md).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REQUEST, CANCEL = "REQUEST", "CANCEL"
SUMMARY = "Meeting (Caseapp)"
#: How long a meeting is taken to last where no end was given.
USUAL = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One meeting as one recipient's calendar knows it. `uid` and `recipient` stay the same through all changes, and
    `sequence` grows with each; `method` is REQUEST for a new or changed meeting, CANCEL for one that is off."""

    uid: str
    sequence: int
    method: str
    starts_at: datetime
    ends_at: datetime | None
    made_at: datetime
    link: str = ""
    organiser: str = ""
    recipient: str = ""


def calendar_file(one: Invitation) -> str:
    """The text of the file, lines ended and folded as the standard wants them."""
    from icalendar import (
        Calendar,
        Event,
        vCalAddress,
        vText,
    )  # not before somebody is invited: 3 MiB of a worker's memory

    calendar = Calendar()
    calendar.add("prodid", "-//Caseapp//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", one.method)
    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", one.sequence)
    event.add("dtstamp", one.made_at.astimezone(UTC))
    event.add("dtstart", one.starts_at.astimezone(UTC))
    event.add("dtend", (one.ends_at or one.starts_at + USUAL).astimezone(UTC))
    event.add("summary", SUMMARY)
    event.add("status", "CANCELLED" if one.method == CANCEL else "CONFIRMED")
    event.add("class", "PRIVATE")
    say = (
        "This meeting is off." if one.method == CANCEL else "What it is about and where you read in Caseapp."
    )
    event.add("description", f"{say} {one.link}".strip())
    if one.link:
        event.add("url", one.link)
    if one.organiser:
        event["organizer"] = vCalAddress(f"MAILTO:{one.organiser}")
    if one.recipient:
        guest = vCalAddress(f"MAILTO:{one.recipient}")
        guest.params["RSVP"] = vText("FALSE")
        event.add("attendee", guest, encode=0)
    calendar.add_component(event)
    return calendar.to_ical().decode("utf-8")
