"""By which rules reading is called unusual (X-13): each is a name, a sentence for people, the settings it looks at, and
what it finds in one reader's day. A finding is a question to the privacy officer, never a verdict."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from caseapp import clock, dates, working_days
from caseapp.queries import unusual_reading as facts
from caseapp.queries.unusual_reading import Act, Near, Reader
from caseapp.vocabulary import AuditAct, FindingKind

#: Days after which it is asked whether anything was done with what was read.
AFTERWARDS = 14


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: a sentence that names nobody whose record it is."""

    kind: FindingKind
    reader: Reader
    acts: list[Act]
    why: str
    count: int
    key: str
    person_id: int | None = None
    detail: dict | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`look(reader, day, limits)` gives what it finds; `later` rules are asked about the day two weeks before."""

    kind: FindingKind
    sentence: str
    settings: tuple[str, ...]
    look: Callable[[Reader, date, Mapping], Iterable[Found]] | None = None
    later: bool = False


def _people(acts) -> set[int]:
    return {one.person_id for one in acts}


def _records(count: int) -> str:
    return "1 person’s record" if count == 1 else f"{count} people’s records"


def many(reader: Reader, day: date, limits: Mapping) -> Iterable[Found]:
    """More than usual in a day, or a third of that in one hour of the clock."""
    looks = reader.looks
    count = len(_people(looks))
    hours = defaultdict(list)
    for one in looks:
        hours[clock.local(one.at).replace(minute=0, second=0, microsecond=0)].append(one)
    fullest = max(hours.values(), key=lambda acts: len(_people(acts)), default=[])
    in_hour = len(_people(fullest))
    least, least_hour, times = (
        limits["unusual_in_a_day"],
        limits["unusual_in_an_hour"],
        limits["unusual_times"],
    )
    if count < least and in_hour < least_hour:
        return
    usual = facts.usual(reader.user_id, day)
    detail = {
        "usual": usual and round(usual, 1),
        "least": least,
        "least_in_an_hour": least_hour,
        "times": times,
    }
    said = "No usual number is known yet." if usual is None else f"Usual is {usual:.0f} a day."
    key = f"many:{reader.user_id}:{day}"
    if count >= least and count >= (least * 2 if usual is None else usual * times):
        yield Found(
            FindingKind.MANY,
            reader,
            looks,
            f"Opened {_records(count)} on {dates.day(day)}. {said}",
            count,
            key,
            detail=detail,
        )
    elif in_hour >= least_hour and in_hour >= (least_hour * 2 if usual is None else usual * times / 3):
        yield Found(
            FindingKind.MANY,
            reader,
            fullest,
            f"Opened {_records(in_hour)} within an hour on {dates.day(day)}. {said}",
            in_hour,
            key,
            detail=detail,
        )


def out_of_hours(reader: Reader, day: date, limits: Mapping) -> Iterable[Found]:
    """Before the day's work begins, after it ends, or on a day off."""
    off = not limits["office_weekends"] and not working_days.is_working_day(
        day, limits["working_day_calendar"]
    )
    opens, shuts = limits["office_from"], limits["office_until"]
    looks = [one for one in reader.looks if off or not opens <= clock.local(one.at).hour < shuts]
    count = len(_people(looks))
    if count < limits["unusual_out_of_hours"]:
        return
    first, last = dates.hour(looks[0].at), dates.hour(looks[-1].at)
    when = f"at {first}" if first == last else f"between {first} and {last}"
    what = "a weekend or holiday" if off else "out of hours"
    yield Found(
        FindingKind.OUT_OF_HOURS,
        reader,
        looks,
        f"Opened {_records(count)} {when} on {dates.long_day(day)}, {what}.",
        count,
        f"out_of_hours:{reader.user_id}:{day}",
        detail={"from": opens, "until": shuts, "day_off": off},
    )


def closed(reader: Reader, day: date, limits: Mapping) -> Iterable[Found]:
    """Records of cases that were closed then, on which the reader did nothing that day."""
    looks = [one for one in reader.looks if one.case_id and one.person_id not in reader.done_on]
    if len(_people(looks)) < limits["unusual_closed"]:
        return
    since = facts.closed_before({one.case_id for one in looks})
    looks = [one for one in looks if one.case_id in since and since[one.case_id] < one.at]
    count = len(_people(looks))
    if count >= limits["unusual_closed"]:
        yield Found(
            FindingKind.CLOSED,
            reader,
            looks,
            f"Opened {_records(count)} of closed cases on {dates.day(day)}, and did nothing on them.",
            count,
            f"closed:{reader.user_id}:{day}",
        )


def refused(reader: Reader, day: date, limits: Mapping) -> Iterable[Found]:
    """Refused again and again."""
    refusals = [one for one in reader.acts if one.act is AuditAct.REFUSED]
    if len(refusals) >= limits["unusual_refused"]:
        yield Found(
            FindingKind.REFUSED,
            reader,
            refusals,
            f"Was refused {len(refusals)} times on {dates.day(day)}.",
            len(refusals),
            f"refused:{reader.user_id}:{day}",
        )


def no_act(reader: Reader, day: date, limits: Mapping) -> Iterable[Found]:
    """Read on this day by somebody who does not work on the case, and who did nothing on it in the two weeks after."""
    looks = reader.looks
    if len(_people(looks)) < limits["unusual_no_act"]:
        return
    worked = facts.worked_with(reader.user_id, _people(looks), day, day + timedelta(days=AFTERWARDS))
    looks = [one for one in looks if one.person_id not in worked]
    count = len(_people(looks))
    if count >= limits["unusual_no_act"]:
        yield Found(
            FindingKind.NO_ACT,
            reader,
            looks,
            f"Opened {_records(count)} on {dates.day(day)} without working on the case, and did nothing on them since.",
            count,
            f"no_act:{reader.user_id}:{day}",
        )


_NEAR_WORDS = {
    facts.OWN_NAME: "Opened the record of somebody with the reader’s own name.",
    facts.FAMILY: "Opened the record of somebody with the reader’s family name.",
    facts.RELATIVE: "Opened the record of somebody who names the reader among their family.",
    facts.PHONE: "Opened a record that holds the reader’s own telephone number.",
    facts.NEIGHBOUR: "Opened the record of somebody who lives where a person of the reader’s family name lives.",
}


def near(reader: Reader, who: Near, limits: Mapping) -> Iterable[Found]:
    """People near to the reader: each asked about once, ever."""
    if not limits["unusual_near"]:
        return
    by_person = defaultdict(list)
    for one in reader.looks:
        by_person[one.person_id].append(one)
    for person_id, acts in by_person.items():
        if why := who.why(reader.user_id, person_id):
            yield Found(
                FindingKind.OWN_NAME,
                reader,
                acts,
                _NEAR_WORDS[why],
                1,
                f"near:{reader.user_id}:{person_id}",
                person_id,
            )


RULES = (
    Rule(
        FindingKind.AT_ONCE,
        "One account opens, prints or saves very many people’s records within ten minutes. No more is shown for a while, "
        "and this is written down at once; all other rules look at a day when it is over.",
        ("reading_ask_again", "reading_stop", "reading_stop_minutes"),
    ),
    Rule(
        FindingKind.MANY,
        "Many more people’s records in a day, or in an hour, than the same person usually opens.",
        ("unusual_in_a_day", "unusual_in_an_hour", "unusual_times"),
        many,
    ),
    Rule(
        FindingKind.OWN_NAME,
        "Somebody with the reader’s name, family, telephone number, or a neighbour of their family. Each is asked about "
        "once. A common name is often chance.",
        ("unusual_near",),
    ),
    Rule(
        FindingKind.OUT_OF_HOURS,
        "Records that were opened before the day’s work begins, after it ends, or on a day off.",
        ("unusual_out_of_hours", "office_from", "office_until", "office_weekends", "working_day_calendar"),
        out_of_hours,
    ),
    Rule(
        FindingKind.CLOSED,
        "Records of closed cases, where the reader did nothing on the case that day.",
        ("unusual_closed",),
        closed,
    ),
    Rule(
        FindingKind.REFUSED,
        "Records that were asked for and not given, several times in a day.",
        ("unusual_refused",),
        refused,
    ),
    Rule(
        FindingKind.NO_ACT,
        "Records of people with whom the reader does not work, and nothing done on them in the two weeks after.",
        ("unusual_no_act",),
        no_act,
        later=True,
    ),
)
