"""A family of procedure as frozen data, and the days that follow from it.

All days are local calendar days. A case keeps the key and the version of the protocol it was opened under, so
a new version never moves a day of an open case (S1-18).
"""

from calendar import monthrange
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from caseapp.working_days import add_working_days


class Unit(StrEnum):
    """What a span is counted in. Days, weeks and months are calendar time."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: 28 days, 2 months, 5 working days."""

    number: int
    unit: Unit

    def after(self, day: date, calendar: str) -> date:
        """The day on which this span from `day` ends. Months end on the same day of the month or on its last day."""
        match self.unit:
            case Unit.DAYS:
                return day + timedelta(days=self.number)
            case Unit.WEEKS:
                return day + timedelta(weeks=self.number)
            case Unit.MONTHS:
                return add_months(day, self.number)
            case Unit.WORKING_DAYS:
                return add_working_days(day, self.number, calendar)

    def times(self, n: int) -> "Span":
        """The same span n times over, in one piece: 31 December and twice 2 months is 30 April, not 28 April."""
        return Span(self.number * n, self.unit)

    def __str__(self) -> str:
        unit = self.unit.value.replace("_", " ")
        return f"{self.number} {unit.removesuffix('s') if self.number == 1 else unit}"


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of that month where it is shorter
    (Regulation 1182/71)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Start(StrEnum):
    """The event a clock runs from."""

    REFERRAL = "referral"
    FIRST_CONTACT = "first_contact"
    PLAN_AGREED = "plan_agreed"
    LAST_REVIEW = "last_review"
    LEAD_CONFIRMED = "lead_confirmed"
    SAFEGUARDING_CONCERN = "safeguarding_concern"
    CHC_NOTICE = "chc_notice"


class Fact(StrEnum):
    """What a step of the flow may wait for; the case page knows of each whether it holds (S2-50)."""

    PERMISSION_TO_ASK = "permission_to_ask"  # an enquiry permission is in force (S2-3, K8)
    OTHER_SERVICES_CHECKED = (
        "other_services_checked"  # an enquiry about a key worker or case manager is noted
    )
    CASE_MANAGER = "case_manager"  # one active case manager
    KEY_WORKER = "key_worker"  # a key worker or case manager
    ELIGIBILITY_DECIDED = "eligibility_decided"
    NEEDS_RECORDED = "needs_recorded"  # at least one domain has a level
    SHARING_CONSENT = "sharing_consent"  # at least one consent to share is in force (S3-40)
    GOALS = "goals"  # at least one goal
    PLAN_AGREED = "plan_agreed"
    ACTIONS_ASKED = "actions_asked"  # no action waits to be sent to its agency
    ACTIONS_ANSWERED = "actions_answered"  # every agency that was asked accepted or declined
    REVIEW_DATE = "review_date"  # a next review date stands on the plan (S1-2)
    REVIEW_HELD = "review_held"  # at least one review was held


@dataclass(frozen=True, slots=True)
class Item:
    """A named thing of a protocol: a need domain, an assessment type, a letter. `clause` says where it comes from."""

    key: str
    label: str
    clause: str


@dataclass(frozen=True, slots=True)
class NeedLevel:
    """A level of need; `rank` orders them, 0 is no need. The keys are those of vocabulary.NeedLevel."""

    key: str
    label: str
    rank: int


@dataclass(frozen=True, slots=True)
class AssessmentType(Item):
    """A kind of assessment: whether it goes domain by domain, takes contributions, and who must sign it off."""

    by_domain: bool = False
    contributions: bool = False
    signed_off_by: str = ""  # a profession such as social_worker (S0-4), or nobody in particular


@dataclass(frozen=True, slots=True)
class ClockRule(Item):
    """A due day that follows from an event, such as 14 days from the referral (S0-25)."""

    starts_from: Start
    span: Span


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs on one case. `opens_on`: before this day it is too early (a first review at 6 to 8 weeks)."""

    name: str
    label: str
    due_on: date
    clause: str
    starts_from: Start
    started_on: date
    opens_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReviewRhythm:
    """How often a plan is reviewed. `first` and `first_opens` are set where the first review has its own time."""

    label: str
    clause: str
    every: Span
    first: Span | None = None
    first_opens: Span | None = None


@dataclass(frozen=True, slots=True)
class Band(Item):
    """A band of eligibility; `enters` says whether it leads to a case manager (S0-19)."""

    enters: bool


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may be served: "none" (no test), "bands" (S0-19) or "national_criteria" (S1-7), stored with each decision."""

    scheme: str
    clause: str = ""
    bands: tuple[Band, ...] = ()
    criteria: tuple[Item, ...] = ()
    criteria_needed: int = 0
    intake: tuple[Item, ...] = ()  # ticked at intake (S0-20)
    otherwise: tuple[Item, ...] = ()  # what is recorded when the answer is no; never a silent refusal (S0-21)


@dataclass(frozen=True, slots=True)
class CaseRole(Item):
    """A part that a worker can have in a case; `holders`: one, one_per_agency or many (S2-2, S3-9, S3-23)."""

    holders: str


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What a plan must satisfy before it is agreed or shared."""

    own_words: bool  # each goal carries the person's own words (S0-8)
    smart_check: bool  # no goal is agreed before the SMART check passes (S3-16)
    contingency: bool  # a crisis section, or the reason for none (S4-14)
    full_action_columns: bool  # an action joins when all its columns are filled (S3-46)
    clinic_check: bool  # detox and rehab referrals wait for the talk with the clinic (S2-45)
    assessment_before_sharing: bool  # no sharing before the assessment (S3-40)
    consent_before_sharing: bool  # no sharing before consent (S3-40, X-2); a protocol cannot switch this off


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a step waits for, with the sentence that asks for it."""

    fact: Fact
    say: str
    clause: str


@dataclass(frozen=True, slots=True)
class Step(Item):
    """A step of the flow on the case page (S2-1, S2-50)."""

    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """How this procedure names things (CFG-16), in the singular and small letters; `people` is the plural of person."""

    person: str
    people: str
    case_manager: str
    key_worker: str
    lead_agency: str
    plan: str
    goal: str
    action: str
    review: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of a family of procedure."""

    key: str
    version: int
    effective_from: date
    name: str
    summary: str
    calendar: str
    words: Words
    reviews: ReviewRhythm
    eligibility: Eligibility
    plan: PlanRules
    domains: tuple[Item, ...]
    need_levels: tuple[NeedLevel, ...]
    assessment_types: tuple[AssessmentType, ...]
    clock_rules: tuple[ClockRule, ...]
    roles: tuple[CaseRole, ...]
    steps: tuple[Step, ...]
    letters: tuple[Item, ...]

    def domain_label(self, key: str) -> str:
        """The label of a need domain; a key that this version does not know is shown in plain letters, never lost."""
        return _label(self.domains, key)

    def next_review(self, agreed_on: date, reviews_held: int = 0, last_review_on: date | None = None) -> date:
        """The day by which the plan is to be reviewed (S3-17: every 2 months; X-10: 8 weeks, then 12 months).

        `reviews_held` counts the reviews since the plan, or its last change, was agreed. With `last_review_on` the
        time runs from the day the last review was held; without it reviews keep to the days that follow from
        `agreed_on`, so that the end of the month is not lost on the way.
        """
        rhythm = self.reviews
        if reviews_held and last_review_on is not None:
            return rhythm.every.after(last_review_on, self.calendar)
        first = rhythm.first or rhythm.every
        if rhythm.first is None:
            return rhythm.every.times(reviews_held + 1).after(agreed_on, self.calendar)
        due = first.after(agreed_on, self.calendar)
        return rhythm.every.times(reviews_held).after(due, self.calendar) if reviews_held else due

    def review_opens(self, agreed_on: date, reviews_held: int = 0) -> date | None:
        """The first day on which the next review is not too early (X-10: 6 weeks), or None where any day will do."""
        opens = self.reviews.first_opens
        return opens.after(agreed_on, self.calendar) if opens and not reviews_held else None

    def clocks_for(
        self,
        *,
        referral_on: date | None = None,
        first_contact_on: date | None = None,
        plan_agreed_on: date | None = None,
        last_review_on: date | None = None,
        reviews_held: int = 0,
        lead_confirmed_on: date | None = None,
        safeguarding_concern_on: date | None = None,
        chc_notice_on: date | None = None,
    ) -> list[Clock]:
        """Every clock whose event has happened, earliest due day first.

        Clocks never stop one another: a safeguarding concern runs beside the assessment (story F11). Which clocks
        are met, and so no longer shown, the caller knows.
        """
        happened = {
            Start.REFERRAL: referral_on,
            Start.FIRST_CONTACT: first_contact_on,
            Start.PLAN_AGREED: plan_agreed_on,
            Start.LAST_REVIEW: last_review_on,
            Start.LEAD_CONFIRMED: lead_confirmed_on,
            Start.SAFEGUARDING_CONCERN: safeguarding_concern_on,
            Start.CHC_NOTICE: chc_notice_on,
        }
        clocks = [
            Clock(
                rule.key,
                rule.label,
                rule.span.after(began, self.calendar),
                rule.clause,
                rule.starts_from,
                began,
            )
            for rule in self.clock_rules
            if (began := happened[rule.starts_from]) is not None
        ]
        if plan_agreed_on is not None:
            clocks.append(self._review_clock(plan_agreed_on, reviews_held, last_review_on))
        return sorted(clocks, key=lambda clock: clock.due_on)

    def _review_clock(self, agreed_on: date, held: int, last_review_on: date | None) -> Clock:
        from_review = bool(held) and last_review_on is not None
        return Clock(
            "plan_review",
            self.reviews.label,
            self.next_review(agreed_on, held, last_review_on),
            self.reviews.clause,
            Start.LAST_REVIEW if from_review else Start.PLAN_AGREED,
            last_review_on if from_review and last_review_on else agreed_on,
            self.review_opens(agreed_on, held),
        )

    def where(self, facts: Set[Fact]) -> tuple[Step, Need | None]:
        """The step a case stands at and the next thing it waits for (S2-50), given which facts hold.

        With every need met the case stands at the last step and waits for nothing.
        """
        for step in self.steps:
            for need in step.needs:
                if need.fact not in facts:
                    return step, need
        return self.steps[-1], None


def _label(items: tuple[Item, ...], key: str) -> str:
    for item in items:
        if item.key == key:
            return item.label
    return key.replace("_", " ").capitalize()
