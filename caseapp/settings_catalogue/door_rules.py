"""How often within a day somebody may go to the door of a record that is not theirs (X-2, X-7). They hold for the agency whose
staff ask. A night service that takes in whoever comes needs more than an office does.

Not settings: that emergency access lasts 60 minutes and is reviewed within three working days (X-7); how passwords are guessed
at (docs/decisions/0016); the ceilings that only keep a disk or a log from being filled (files of a handbook, sheets left
unconfirmed, lines of browsers a minute), which lie far above any use."""

from caseapp.settings_catalogue.shapes import Setting, number


def door_rules() -> tuple[Setting, ...]:
    return (
        number(
            "emergency_openings_a_day",
            "CFG-16",
            "Emergency access: one person opens at most",
            "Records within a day. Each is reviewed by a privacy officer within three working days.",
            3,
            1,
            12,
            "records",
            "X-7",
        ),
        number(
            "emergency_in_vain_a_day",
            "CFG-16",
            "Emergency access: one person looks in vain at most",
            "Times within a day that nobody was found. After three the privacy officers are told, so that nobody learns by trying "
            "who is known here.",
            5,
            2,
            10,
            "times",
            "X-7",
        ),
        number(
            "access_requests_a_day",
            "CFG-16",
            "Requests for access by name: one person asks at most",
            "Times within a day, about people whose record they do not see. Requests on the page of a case do not count.",
            5,
            1,
            30,
            "times",
            "X-2",
        ),
    )
