"""CFG-16: procedure, words, time limits and retention. The texts are shown on the settings page, so they speak to an agency's administrator."""

from caseapp import protocols
from caseapp.settings_catalogue.shapes import Kind, Line, Setting, choice, number
from caseapp.vocabulary import NeedLevel
from caseapp.working_days import CALENDARS


def own_rules() -> tuple[Setting, ...]:
    """Reads the protocols, whose names and keys are choices here."""
    return (*_procedure(), *_time_limits(), *_records())


def _procedure() -> tuple[Setting, ...]:
    followed = {protocol.key: protocol.name for _, protocol in sorted(protocols.load().items())}
    # of domains that several procedures name, the label of the last is as good as any: keys are what counts here
    domains = {
        domain.key: domain.label for protocol in protocols.load().values() for domain in protocol.domains
    }
    return (
        choice(
            "protocol",
            "CFG-16",
            "Procedure that new cases follow",
            "Its words, need domains, time limits and steps. A case keeps the procedure it was opened under.",
            "ie-homeless-drug",
            "S1-18",
            *sorted(followed.items(), key=lambda pair: pair[1]),
        ),
        choice(
            "working_day_calendar",
            "CFG-16",
            "Public holidays that count",
            "For your own limits in working days. The time limits of a case follow its procedure.",
            "IE",
            "CFG-16",
            *((key, label) for key, (label, _, _) in CALENDARS.items()),
        ),
        choice(
            "eligibility_scheme",
            "CFG-16",
            "How eligibility is decided",
            "Stored with each decision, so that a later change does not touch it.",
            "protocol",
            "S1-7",
            ("protocol", "As the procedure says"),
            ("none", "Not at all"),
            ("bands", "By bands: low, moderate, substantial, critical"),
            ("national_criteria", "By the national criteria"),
        ),
        choice(
            "assessment_sign_off",
            "CFG-16",
            "A full assessment is signed off by a social worker",
            "Services without social workers choose no.",
            "protocol",
            "S0-4",
            ("protocol", "As the procedure says"),
            ("yes", "Yes, always"),
            ("no", "No, by its author or a manager"),
        ),
        choice(
            "word_for_person",
            "CFG-16",
            "Your word for the people you serve",
            "Used where the first name would not do.",
            "protocol",
            "CFG-16",
            ("protocol", "As the procedure says"),
            ("person", "Person"),
            ("client", "Client"),
            ("service user", "Service user"),
            ("adult", "Adult"),
            ("resident", "Resident"),
        ),
        Setting(
            key="need_domain_names",
            cfg="CFG-16",
            title="Your names for the need domains",
            explanation="Only where yours differ, one a line: the key, an equals sign, your name. For example "
            f"money = Income and benefits. The keys are: {', '.join(domains)}.",
            kind=Kind.LIST,
            default=(),
            clause="CFG-16",
            line=Line.OWN_NAME,
            keys=tuple(domains),
        ),
        Setting(
            key="need_level_names",
            cfg="CFG-16",
            title="Your names for the levels of need",
            explanation="Only where yours differ, one a line. For example high = Urgent. "
            f"The keys are: {', '.join(level.value for level in NeedLevel)}.",
            kind=Kind.LIST,
            default=(),
            clause="CFG-16",
            line=Line.OWN_NAME,
            keys=tuple(level.value for level in NeedLevel),
        ),
    )


def _time_limits() -> tuple[Setting, ...]:
    return (
        number(
            "note_recording_hours",
            "CFG-16",
            "Case notes are written within",
            "Hours after the contact. A later note says that it was written late.",
            24,
            1,
            168,
            "hours",
            "B12",
        ),
        number(
            "consent_default_months",
            "CFG-16",
            "A new consent lasts",
            "Months that are proposed; each consent can be given a shorter or longer time with the person.",
            12,
            1,
            24,
            "months",
            "B3",
        ),
        number(
            "consent_longest_months",
            "CFG-16",
            "A consent lasts at most",
            "Months. After that it is talked through with the person again and given anew.",
            24,
            1,
            60,
            "months",
            "B3",
        ),
        number(
            "consent_warning_days",
            "CFG-16",
            "Warning before a consent ends",
            "Calendar days before the end, so that there is time to talk with the person again.",
            28,
            1,
            120,
            "days",
            "B3",
        ),
        number(
            "review_reminder_days",
            "CFG-16",
            "Reminder before a plan review",
            "Calendar days before the review is due.",
            14,
            1,
            60,
            "days",
            "S3-17",
        ),
        number(
            "issue_answer_working_days",
            "CFG-16",
            "An issue on the plan is answered within",
            "Working days that the case manager has. After that it is flagged.",
            5,
            1,
            30,
            "working days",
            "S3-18",
        ),
        *(
            number(
                f"escalation_{level}_working_days",
                "CFG-16",
                f"Gaps and blocks: answer of the {holder}",
                "Working days at this level before the form counts as late.",
                days,
                1,
                120,
                "working days",
                "C9",
            )
            for level, holder, days in (
                ("worker", "worker who is asked back", 3),
                ("manager", "manager", 5),
                ("coordinator", "coordinator", 10),
                ("group", "treatment and rehabilitation group", 20),
                ("national", "national coordinator", 20),
            )
        ),
        number(
            "escalation_cut_off_hour",
            "CFG-16",
            "Gaps and blocks: the day ends at",
            "What comes after this hour of the day, or on a day off, starts its clock on the next working day.",
            16,
            9,
            24,
            "o’clock",
            "C9",
        ),
        number(
            "register_least_number",
            "CFG-16",
            "Register and reports: the smallest number that is shown",
            "Where fewer people than this stand behind a figure it is left out, and so is whatever would give it away.",
            5,
            3,
            20,
            "people",
            "C14",
        ),
        number(
            "meeting_decisions_working_days",
            "CFG-16",
            "Decisions of a meeting are sent within",
            "Working days after the meeting.",
            1,
            1,
            20,
            "working days",
            "B7",
        ),
        number(
            "meeting_minutes_working_days",
            "CFG-16",
            "Minutes of a meeting are issued within",
            "Working days after the meeting.",
            10,
            1,
            60,
            "working days",
            "B7",
        ),
        number(
            "supervision_interval_weeks",
            "CFG-16",
            "Time between two supervision sessions",
            "Weeks. After that the session of a worker is flagged.",
            6,
            1,
            26,
            "weeks",
            "S0-24",
        ),
        number(
            "directory_check_months",
            "CFG-16",
            "Directory entries are checked every",
            "Months. An entry that was not checked for longer is marked.",
            6,
            1,
            24,
            "months",
            "S4-20",
        ),
    )


def _records() -> tuple[Setting, ...]:
    return (
        number(
            "workload_capacity",
            "CFG-16",
            "Workload of a full-time worker",
            "The sum of the weights of the cases that one worker can carry; 20 cases of ordinary weight as a start.",
            20,
            1,
            200,
            "weight",
            "S0-23",
        ),
        number(
            "retention_years",
            "CFG-16",
            "Records are kept after the end of care for",
            "Years. Then they are put before the privacy officer; nothing is removed by itself.",
            8,
            6,
            100,
            "years",
            "X-9",
        ),
        number(
            "retention_contact_only_years",
            "CFG-16",
            "Records of a single contact are kept for",
            "Years, where no case was opened.",
            2,
            2,
            100,
            "years",
            "X-9",
        ),
    )
