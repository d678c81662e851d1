"""The words of `bench/raw.py`: how an action, an agency in the plan and the reasons for a meeting are said."""

from bench.raw_sql import day, local
from caseapp import dates, ids, working_days
from caseapp.vocabulary import STATUS_TAG, ActionStatus

STATUSES = {status.value: (status.label, STATUS_TAG[status]) for status in ActionStatus}
OPEN = {"proposed", "requested", "accepted", "in_progress", "blocked"}
TAKEN_ON = {"accepted", "in_progress", "blocked"}
FINISHED = {"completed", "not_completed"}


class Agency:
    """An agency in the plan: what it may see, and whether it does what the plan says."""

    __slots__ = (
        *("id", "name", "lead", "clinic", "contact", "granted", "until", "full", "never", "workers"),
        *("actions", "open", "late", "unanswered", "declined", "blocked"),
    )

    def __init__(self, agency_id, name, lead=False):
        self.id, self.name, self.lead, self.contact, self.workers = agency_id, name, lead, "", []
        self.clinic = self.full = self.never = False
        self.granted = self.until = None
        self.actions = self.open = self.late = self.unanswered = self.declined = self.blocked = 0

    @property
    def place(self):
        return not self.lead, self.granted is None, self.name.casefold()


def agencies(lead_id, lead, aside):
    """Every agency that is known, has consent or is never to be told, by its id; and the prescribing clinic's name."""
    found = {lead_id: Agency(lead_id, lead, lead=True)}
    for kind in ("known", "grant", "never"):
        for _, agency_id, name, contact, sort, full, _, granted, until, _ in aside[kind]:
            if agency_id not in found:
                found[agency_id] = Agency(agency_id, name)
            agency = found[agency_id]
            if kind == "never":
                agency.never = True
                continue
            agency.contact = agency.contact or contact
            agency.clinic = agency.clinic or sort == "prescribing_clinic"
            if kind == "grant":
                agency.granted, agency.until, agency.full = day(granted), day(until), full
    clinics = sorted((agency for agency in found.values() if agency.clinic), key=lambda one: one.place)
    return found, clinics[0].name if clinics else ""


def action(action, case, agencies, today, calendar, first, lead_id, clinic):
    """One action as its row stands, counted to its agency; and what is wrong with it."""
    (
        action_id, _, what, kind, agency_id, _, owner_name, by_person, due, status, reason, asked_at, _, ended_on, talk_on, note,
        note_at, note_by, version, agency_name, agency_short, user_name,
    ) = action  # fmt: skip
    due, worker = day(due), user_name or owner_name
    is_open = status in OPEN
    is_late = is_open and due is not None and due < today
    late = soon = ""
    if is_late:
        late = working_days.in_words(due, today, calendar)
    elif is_open and due is not None and (due - today).days <= 10:
        soon = working_days.in_words(due, today, calendar)

    if agency_id is not None:
        agency = agencies.get(agency_id)
        if agency is None:
            agency = agencies[agency_id] = Agency(agency_id, agency_name)
        if worker and worker not in agency.workers:
            agency.workers.append(worker)
        agency.open += is_open
        agency.late += is_late
        agency.unanswered += status == "requested"
        agency.declined += status == "declined"
        agency.blocked += status == "blocked"
        agency.actions += status != "cancelled"

    ours = agency_id is None or agency_id == lead_id
    waits = kind == "detox_referral" and clinic and talk_on is None and status in ("proposed", "requested")
    label, tag = STATUSES[status]
    waited = 0
    if status == "requested" and asked_at is not None:
        waited = working_days.working_days_between(local(asked_at), today, calendar)
    if status == "requested":
        do = "answer" if ours else "remind" if waited >= 2 else "open"
        label = "To accept" if ours else label
    elif status == "cancelled" or not ours:
        do = "open"
    elif status == "proposed":
        do = "open" if waits else "answer"
    else:
        do = "update" if status in TAKEN_ON else "change"

    if by_person:
        who = first
        whose = f"with {worker or agency_short or agency_name}" if agency_id else "alone"
    elif agency_id:
        who, whose = agency_short or agency_name, worker or "no worker named yet"
    else:
        who, whose = "Nobody yet", worker

    said = note or reason
    if note:
        told = dates.short_day(local(note_at)) if note_at else ""
        by = f"{told}, {note_by}" if told and note_by else told or note_by
        said = f"{by}: {note}" if by else note
    elif not reason and status == "requested" and asked_at:
        said = f"Asked {dates.short_day(local(asked_at))}"
        said += "." if waited < 2 else f", no answer for {waited} working days."

    fault, mend = "", None
    if status == "declined":
        fault = f"{_short(what)}: declined, nothing in its place"
        mend = "Declined, and nothing is in its place.", "words", "Choose what happens now"
    elif is_open:
        missing = []
        if agency_id is None and not by_person:
            missing.append("nobody to do it")
        elif not by_person and not worker and status in TAKEN_ON:
            missing.append("no worker")
        if due is None:
            if status == "requested" and not by_person and not worker:
                missing.append("no worker")
            missing.append("no date")
        if missing:
            lacks = " and ".join(missing)
            fault = f"{_short(what)}: {lacks}"
            mend = f"{lacks[0].upper()}{lacks[1:]}.", "words", "Put it right"
    if waits:
        mend = f"Waits for the talk with {clinic}.", "clinic-talk", "Record that talk"

    finished = status in FINISHED
    written = ids.written(action_id)
    return (
        written,
        f"{case}/actions/{written}",
        who,
        whose,
        what,
        said,
        dates.day(day(ended_on)) if finished else dates.day(due, "no date yet"),
        late,
        soon,
        label,
        tag,
        finished or status == "cancelled",
        do,
        version,
        status,
        mend,
    ), fault


def _short(text):
    line = " ".join(text.split())
    return line if len(line) <= 48 else line[:48].rsplit(" ", 1)[0] + "…"


def lacks(number, words, measure, smart, served, rules, first):
    """What is wrong with a goal: (in the list on top, beside the goal, whether an action mends it, the link's words)."""
    found = []
    if rules.own_words and not words:
        missing = f"{first}’s own words are still missing."
        found.append((f"Goal {number} is not in {first}’s own words", missing, False, "Write them down"))
    if not measure:
        missing = "Nothing says yet how we will know that this is reached."
        found.append((f"Goal {number} has no measure", missing, False, "Add a measure"))
    elif rules.smart_check and not smart:
        missing = "The SMART check is not finished, so this goal cannot be agreed."
        found.append((f"Goal {number} has not passed the SMART check", missing, False, "Go through it"))
    if not served:
        missing = "Nobody works on this goal yet."
        found.append((f"Nobody works on goal {number} yet", missing, True, "Add an action"))
    return found


def standing(agency, first, manager, today, warn):
    """An agency in words, and what is wrong with its part: (sentence, where it stands)."""
    written, name, wrong, mend = ids.written(agency.id), agency.name, [], None
    left = (agency.until - today).days if agency.until else None
    ends = left is not None and left <= warn
    people = ", ".join(agency.workers) or agency.contact or "nobody named there yet"
    sees = ""
    if agency.lead:
        sees, people = "Leads the case", f"{manager} · lead agency"
    elif agency.granted:
        sees = f"Sees {'the full plan' if agency.full else 'its own part'}"
        if agency.until:
            sees += f", until {dates.day(agency.until)}"
    elif agency.never:
        sees = "Never to be told"

    if agency.lead:
        pass
    elif agency.never:
        if agency.open:
            wrong.append(f"{name} must never be told, and has an action")
            mend = f"{first} wants it never to be told, but it has an action.", False, "Look"
    elif agency.granted:
        if not agency.actions:
            wrong.append(f"{name} has no action")
            mend = "Known, and no action in the plan.", True, "Add an action"
        if ends:
            when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
            wrong.append(f"{name}: consent ends {when}")
    elif agency.open:
        wrong.append(f"{name}: an action, but no consent")
        mend = "It has an action but sees nothing: there is no consent.", False, f"Ask {first}"
    else:
        wrong.append(f"{name}: no consent, no action")
        mend = "Known, but no consent and no action.", False, f"Ask {first}"

    alarm = [f"{agency.late} late"] if agency.late else []
    if agency.blocked:
        alarm.append("blocked")
    waits = [f"{agency.unanswered} not answered"] if agency.unanswered else []
    if agency.declined:
        waits.append(f"{agency.declined} declined")
    return (
        written,
        name,
        agency.granted,
        agency.full,
        agency.lead,
        people,
        f"Consent ends {dates.day(agency.until)}" if ends else "",
        sees,
        "1 action" if agency.actions == 1 else f"{agency.actions} actions" if agency.actions else "",
        ", ".join(alarm),
        ", ".join(waits),
        mend,
    ), [(sentence, f"#ag-{written}") for sentence in wrong]


def called_for(*, claims, unmet, disagree, declined, acting, questions, excluded):
    """Why a case meeting is called for, as the end of a sentence; "" where it is not."""
    found = []
    if claims > 1:
        found.append(f"{claims} agencies claimed the lead, and no meeting settled it")
    if unmet:
        needs, them = ("one need is", "it") if unmet == 1 else (f"{unmet} needs are", "them")
        found.append(f"{needs} medium or high with nothing in the plan that meets {them}")
    if disagree and declined:
        found.append(
            "an agency does not agree to its part and an action was declined and nobody has taken it on"
        )
    elif disagree:
        found.append("an agency does not agree to its part")
    elif declined:
        found.append("an action was declined and nobody has taken it on")
    if acting >= 3 and questions >= 3:
        found.append(
            f"{acting} agencies have something to do here, and {questions} questions between them are open"
        )
    if excluded:
        found.append("the person is excluded from our service, and the transfer has begun")
    if not found:
        return ""
    return f"{found[0]}, and {len(found) - 1} more" if len(found) > 1 else found[0]


def agreed_by(first, agreements):
    """Who agreed to the version that stands."""
    who = [first] if any(row[1] is None and row[5] for row in agreements) else []
    asked = [row[5] for row in agreements if row[1] is not None]
    if asked:
        who.append(f"{sum(map(bool, asked))} of {len(asked)} agencies")
    return f"By {' and '.join(who)}" if who else ""
