"""The other yardstick: the plan page of a case manager by hand-written SQL and one Jinja template, with no session, no
visibility, no audit and no form tokens, and word for word what ours says (`tests/test_bench_raw.py`). What our page costs
above this is what its duties cost, and how it is built.

Everything is computed from the rows: what is to be put right, why a meeting is called for, the numbers beside the navigation.
The reader is whoever is case manager, with the places of a worker. Left out is what no plain open case has: a closed case, one
that is being or was handed over, emergency access, restricted and withheld matter, what the person says beside the record, the
chapter of an agency's own handbook; and the filters and the other grouping, to which the page only links.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, abort
from jinja2 import Environment, FileSystemLoader

from bench.raw_sql import ACTIONS, ASIDE, GOALS, HEAD, day, given, local, moment, rows
from bench.raw_words import OPEN, action, agencies, agreed_by, called_for, lacks, standing
from caseapp import clock, dates, ids, protocols, references, settings_catalogue, working_days
from caseapp.vocabulary import GoalStatus, MeetingKind, MeetingStatus, PlanStatus

app = Flask(__name__, static_folder=None)
_page = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("raw_plan.html")

ENDED_GOALS = {"completed", "cancelled"}
LEVELS = {"low": "low need", "medium": "medium need", "high": "high need"}
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
NUMBERS = "One Two Three Four Five Six Seven Eight Nine".split()


@app.get("/sign-in")
def ready():
    return "ready"


@app.get("/cases/<reference>/plan")
def plan(reference):
    now, today = datetime.now(UTC), clock.today()
    found = rows(HEAD, reference, given(today), given(now))
    if not found:
        abort(404)
    (
        case_id, lead_id, reader_id, given_name, family_name, known_as, born, about, contact, language, interpreter, access,
        lead, manager, phone, line_manager, protocol_key, protocol_version, promise, status, agreed_version, agreed_at, review,
        strengths, around, contingency, no_contingency, meeting_id, meeting_kind, meeting_at, meeting_status, issue_days,
        consent_days, events, claims, excluded, unread, to_answer, invitations, gaps, transfers, to_read, access_requests,
    ) = found[0]  # fmt: skip
    case, first = f"/cases/{reference}", known_as or given_name or family_name
    protocol = protocols.get(protocol_key, protocol_version)
    calendar, rules, label = protocol.calendar, protocol.plan, protocol.domain_label
    aside = defaultdict(list)
    for row in rows(ASIDE, case_id, given(today)):
        aside[row[0]].append(row)
    known, clinic = agencies(lead_id, lead, aside)
    by_goal = defaultdict(list)
    for row in rows(ACTIONS, case_id, given(now - timedelta(days=7))):
        by_goal[row[1]].append(row)
    steps = defaultdict(list)
    for row in sorted(aside["step"], key=lambda step: step[6]):
        steps[row[1]].append((row[3], dates.day(day(row[7]))))
    needs = {row[3]: row for row in aside["need"]}

    # the goals and their actions, and what is wrong with them: (sentence, address of what mends it)
    goals, wrong, wrong_actions, aimed, met = [], [], [], set(), set()
    count = late = unanswered = mine = stuck = declined = 0
    for goal in rows(GOALS, case_id):
        goal_id, number, domain, words, title, measure, priority, target, stands, smart = goal
        shown, served, worked_on = [], False, False
        for one in by_goal[goal_id]:
            row, fault = action(one, case, known, today, calendar, first, lead_id, clinic)
            shown.append(row)
            if fault:
                wrong_actions.append((fault, f"#a-{row[0]}"))
            state = one[9]
            count += 1
            late += row[7] != ""
            unanswered += state == "requested"
            mine += one[5] == reader_id
            stuck += state == "blocked" or (state == "requested" and bool(one[12]))
            declined += state == "declined"
            worked_on = worked_on or state in OPEN
            served = served or state in OPEN or state == "completed"
        written, mends = ids.written(goal_id), []
        if stands not in ENDED_GOALS:
            for fault, *mend in lacks(number, words, measure, smart, served, rules, first):
                wrong.append((fault, f"#g-{written}"))
                mends.append(mend)
        if stands != "cancelled":
            aimed.add(domain)
        if stands == "completed" or (stands not in ENDED_GOALS and worked_on):
            met.add(domain)
        need = needs.get(domain)
        goals.append(
            (
                written,
                number,
                label(domain),
                LEVELS.get(need[4], "") if need else "",
                f"{first}’s {ORDINALS[priority - 1]} priority" if priority and 0 < priority <= 10 else "",
                f"by {dates.full_day(day(target))}" if target else "",
                GoalStatus(stands).label if stands in ENDED_GOALS or stands == "on_hold" else "",
                words,
                title,
                measure,
                steps.get(goal_id),
                mends,
                shown,
            )
        )

    warn = _setting("consent_warning_days", consent_days)
    parties = sorted(known.values(), key=lambda agency: agency.place)
    told = [standing(agency, first, manager, today, warn) for agency in parties]
    wrong += wrong_actions
    for _, faults in told:
        wrong += faults
    for row in sorted(aside["need"], key=lambda need: (need[6] or 99, need[3])):
        if row[4] == "high" and row[3] not in aimed:
            wrong.append(
                (f"{label(row[3])} is a high need without a goal", f"{case}/goals/new?domain={row[3]}")
            )
    for row in sorted(aside["issue"], key=lambda row: (row[9], row[1])):
        due = working_days.add_working_days(
            local(row[9]), _setting("issue_answer_working_days", issue_days), calendar
        )
        over = working_days.working_days_late(due, today, calendar)
        waits = f", {over} working day{'' if over == 1 else 's'} late" if over else ""
        wrong.append((f"{row[2]} waits for your answer{waits}", f"{case}/issues"))
    review = day(review)
    if goals:
        if review is None:
            wrong.append(("No day is set for the next review", f"{case}/plan/reviews/new"))
        elif review < today:
            wrong.append((f"The review was due on {dates.day(review)}", f"{case}/plan/reviews/new"))
        if rules.contingency and not contingency and not no_contingency:
            wrong.append(("Nothing says what to do if things go wrong", "#contingency"))

    agreements = aside["agreed"]
    newest = max((row[6] for row in agreements), default=0)
    why = called_for(
        claims=claims,
        unmet=sum(row[4] in ("medium", "high") and row[5] and row[3] not in met for row in aside["need"]),
        disagree=any(row[6] == newest and row[1] and not row[5] for row in agreements),
        declined=declined,
        acting=sum(agency.open > 0 for agency in parties if not agency.lead),
        questions=stuck + len(aside["issue"]),
        excluded=excluded,
    )
    review_words = working_days.in_words(review, today, calendar) if review else ""
    happened = sorted(aside["event"], key=lambda row: (row[9], row[1]), reverse=True)
    return _page.render(
        said=references.say(reference),
        case=case,
        name=f"{given_name} {family_name}".strip(),
        first=first,
        manager=manager,
        lead=lead,
        unread=_at_most(unread),
        to_answer=_at_most(to_answer),
        invitations=_at_most(invitations),
        gaps=_at_most(gaps),
        transfers=_at_most(transfers),
        to_read=_at_most(to_read),
        access_requests=_at_most(access_requests),
        born=dates.full_day(day(born)),
        about=about,
        contact=contact,
        language=language,
        interpreter=interpreter,
        access=access,
        reach=" · ".join(part for part in (phone, f"manager {line_manager}") if part),
        promise=dates.full_day(day(promise)),
        agreed=f"Version {agreed_version}, {dates.full_day(local(agreed_at))}" if agreed_version else "",
        status=PlanStatus(status).label if status else "",
        agreed_by=agreed_by(first, [row for row in agreements if row[6] == agreed_version]),
        review=dates.long_day(review),
        review_words=review_words[:1].upper() + review_words[1:],
        issues=len(aside["issue"]),
        wrong=wrong,
        how_many=NUMBERS[len(wrong) - 1] if 0 < len(wrong) < 10 else len(wrong),
        called=why if meeting_id is None else "",
        meeting=meeting_id
        and (
            ids.written(meeting_id),
            MeetingKind(meeting_kind).label,
            dates.moment(moment(meeting_at)) or "No day yet",
            MeetingStatus(meeting_status).label.lower(),
        ),
        count=count,
        late=late,
        unanswered=unanswered,
        mine=mine,
        goals=goals,
        contingency=contingency,
        no_contingency=no_contingency,
        strengths=strengths,
        around=around,
        protocol=protocol,
        agencies=[words for words, _ in told],
        versions=[
            (row[6], dates.day(local(row[9])), row[3])
            for row in sorted(aside["version"], key=lambda row: -row[6])
        ],
        events=[(row[3], dates.day(local(row[9])), row[2]) for row in happened],
        entries=events,
    )


def _setting(key, stored):
    """A number as the lead agency has set it, or its default."""
    return int(stored) if stored is not None else settings_catalogue.catalogue()[key].default


def _at_most(number):
    return "30+" if number >= 30 else number
