"""A copy of minutes, in words: who was there, what was decided and by whom agreed, on what consent the copy rests. Made of the
content that was frozen; only the consent is looked up."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from caseapp import clock, dates
from caseapp.queries import plan_head
from caseapp.queries.meeting_minutes_cut import Reader
from caseapp.vocabulary import MeetingKind


class Attended(NamedTuple):
    name: str
    stands_for: str
    presence: str


class Decided(NamedTuple):
    """One decision as the copy says it."""

    number: int
    text: str
    reason: str
    agreed: str
    against: tuple[str, ...]
    apart: bool
    goal_number: int | None


def basis_of(meeting, viewer, who: Reader, content) -> tuple[str, str]:
    """For whom the copy is, and on what it rests."""
    agency = viewer.agency_name
    if meeting.case is None:
        return f"Copy for {agency}.", "A group meeting is about no person; no consent is needed for it."
    if meeting.kind is MeetingKind.CONFERENCE:
        return (
            f"Record for {agency}.",
            "A statutory case conference has rules of its own. Nothing of it stands in the plan.",
        )
    first = content["first_name"]
    if who.hosts:
        return (
            f"Copy for {agency}: everything.",
            f"{agency} leads the case. Other agencies read what {first}’s consent opens to each of them.",
        )
    if meeting.case.grant_id is None:
        return (
            f"Copy for {agency}: its own part.",
            f"{agency} leads the case; this is what it was asked to do.",
        )
    head = plan_head.head(meeting.case, viewer=viewer)
    what = "the whole plan" if who.whole else "its own part"
    scope = "for the full plan" if who.whole else "for its own part of the plan"
    until = f", valid until {dates.full_day(head.grant_until)}" if head.grant_until else ""
    return (
        f"Copy for {agency}: {what}.",
        f"It rests on the consent that {first} gave on {dates.full_day(head.granted_on)} {scope}{until}.",
    )


def attended(place: dict, content: dict) -> Attended:
    """Somebody who was there or was asked, as the copy names them."""
    kind, agency = place["kind"], place["agency"]
    if kind == "person":
        beside = [one["name"] for one in content["attendance"] if one["kind"] == "supporter" and one["here"]]
        said = "in person"
        return Attended(
            place["name"],
            f"{said}, with {_listed(beside)} beside them" if beside else said,
            place["presence"],
        )
    if kind == "supporter":
        first = content["first_name"] or "the person"
        return Attended(
            place["name"], f"beside {first}{', ' + place['role'] if place['role'] else ''}", place["presence"]
        )
    stands = agency or place["role"] or "guest"
    if place["name"] == agency:
        stands = "nobody named"
    if place["name"] and place["name"] == content["chair"]:
        stands += ", chair"
    if place["name"] and place["name"] == content["minutes_by"]:
        stands += ", minutes"
    if place["stands_for"]:
        stands += f", for {place['stands_for']}"
        if place["handover_on"]:
            stands += f" (handed over {dates.short_day(date.fromisoformat(place['handover_on']))})"
    if place["uninvited"] and kind != "person":
        stands += ", not invited"
    return Attended(place["name"], stands, place["presence"])


def facts_of(content: dict) -> str:
    """Where and when, who chaired and wrote, and whether the reminder of confidentiality was read."""
    begun, ended = moment_of(content["begun_at"]), moment_of(content["ended_at"])
    hours = f"{dates.hour(begun)} to {dates.hour(ended)}" if ended else f"from {dates.hour(begun)}"
    parts = [f"{content['place']}, {hours}" if content["place"] else hours[0].upper() + hours[1:]]
    who = ", ".join(
        part
        for part in (
            f"Chair {content['chair']}" if content["chair"] else "",
            f"minutes {content['minutes_by']}" if content["minutes_by"] else "",
        )
        if part
    )
    if who:
        parts.append(who[0].upper() + who[1:])
    read_at = moment_of(content["reminder_at"])
    parts.append(
        f"Confidentiality reminder read at {dates.hour(read_at)}"
        if read_at
        else "The confidentiality reminder was not read"
    )
    return ". ".join(parts) + "."


def decided(one: dict, known: dict, here: set, who: Reader) -> Decided:
    """A decision, with who agreed and who did not; never a standpoint that this reader may not read."""
    agrees = {view["id"] for view in one["views"] if view["stands"] == "agrees"}
    against = [view for view in one["views"] if view["stands"] == "disagrees"]
    if agrees and agrees >= here and not against and one["hidden"] == len(one["views"]):
        agreed = "Agreed by all"
    elif agrees:
        agreed = f"Agreed by {_listed([_label(known[i], who) for i in sorted(agrees) if i in known])}"
    else:
        agreed = ""
    return Decided(
        one["number"],
        one["text"],
        one["reason"],
        agreed,
        tuple(
            f"{_label(known[view['id']], who)} does not agree: {view['words']}"
            for view in against
            if view["id"] in known
        ),
        one["apart_id"] is not None,
        one["goal_number"],
    )


def _label(place: dict, who: Reader) -> str:
    if place["kind"] == "person":
        return place["name"].split(" ")[0]
    return place["agency"] or place["name"]


def next_of(content: dict) -> str:
    """The next review and the next meeting."""
    parts = []
    if content["next"]["review_on"]:
        parts.append(f"Review by {dates.long_day(date.fromisoformat(content['next']['review_on']))}")
    if content["next"]["at"]:
        at = moment_of(content["next"]["at"])
        place = f", {content['next']['place']}" if content["next"]["place"] else ""
        parts.append(f"Next meeting on {dates.long_day(clock.local_day(at))}, {dates.hour(at)}{place}")
    return ". ".join(parts)


def moment_of(text: str | None) -> datetime | None:
    """A moment of the frozen content, which keeps it as text."""
    return datetime.fromisoformat(text) if text else None


def _listed(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"
