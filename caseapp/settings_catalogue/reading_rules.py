"""What counts as unusual reading, and how much of it is slowed (ASVS 2.4.1): the settings behind the privacy officer's
rules. They hold for the agency whose staff read. The numbers are generous: a line manager's full day stays below them."""

from caseapp.settings_catalogue.shapes import Kind, Setting, number


def reading_rules() -> tuple[Setting, ...]:
    return (*_slowing(), *_unusual())


def _many(key, title, explanation, default, low, high, unit="records"):
    return number(key, "CFG-16", title, explanation, default, low, high, unit, "2.4.1")


def _yes(key, title, explanation, default):
    return Setting(
        key=key,
        cfg="CFG-16",
        title=title,
        explanation=explanation,
        kind=Kind.YES_NO,
        default=default,
        clause="X-13",
    )


def _slowing():
    return (
        _many(
            "reading_ask_again",
            "Reading many records: the password is asked for again after",
            "Different people’s records that one account opens within ten minutes. Each case in a file that is saved "
            "counts as one.",
            40,
            15,
            500,
        ),
        _many(
            "reading_stop",
            "Reading many records: no more is shown after",
            "Different people’s records that one account opens, prints or saves within ten minutes. The privacy officer is told.",
            200,
            30,
            2000,
        ),
        _many(
            "reading_stop_minutes",
            "Reading many records: how long no more is shown",
            "Minutes. Work that is under way is kept; only records stay shut.",
            15,
            5,
            120,
            "minutes",
        ),
    )


def _unusual():
    return (
        _many(
            "unusual_in_a_day",
            "Unusual reading: so many records in a day",
            "Below this number a day is never called unusual, however quiet the days before were.",
            25,
            10,
            500,
        ),
        _many(
            "unusual_in_an_hour",
            "Unusual reading: so many records in an hour",
            "Below this number an hour is never called unusual.",
            15,
            5,
            300,
        ),
        _many(
            "unusual_times",
            "Unusual reading: so many times the usual",
            "A day counts when it has this many times the records that the same person usually opens on a day of work, "
            "taken over four weeks. A third of it in one hour counts too.",
            3,
            2,
            20,
            "times",
        ),
        _yes(
            "unusual_near",
            "Unusual reading: people near to the reader",
            "Looks for records of people who bear the reader’s family name, who name them among their family, have their "
            "telephone number, or live where such a person lives.",
            True,
        ),
        _many(
            "office_from",
            "Unusual reading: the day’s work begins at",
            "The full hour. What is read earlier is out of hours. A service that is open day and night says 0.",
            7,
            0,
            12,
            "o’clock",
        ),
        _many(
            "office_until",
            "Unusual reading: the day’s work ends at",
            "The full hour. What is read later is out of hours. A service that is open day and night says 24.",
            20,
            12,
            24,
            "o’clock",
        ),
        _yes(
            "office_weekends",
            "Unusual reading: weekends and holidays are days of work",
            "Yes for hostels and others that are open every day.",
            False,
        ),
        _many(
            "unusual_out_of_hours",
            "Unusual reading: so many records out of hours",
            "Different people’s records in one evening, night or day off.",
            3,
            1,
            100,
        ),
        _many(
            "unusual_closed",
            "Unusual reading: so many records of closed cases",
            "In one day, where the reader did nothing on the case.",
            5,
            1,
            100,
        ),
        _many(
            "unusual_refused",
            "Unusual reading: so many refusals",
            "In one day: pages of records that were asked for and not given.",
            5,
            2,
            100,
            "refusals",
        ),
        _many(
            "unusual_no_act",
            "Unusual reading: so many records read, and nothing done",
            "Records that somebody opened on one day without working on the case, and without doing anything on it in the "
            "two weeks after.",
            8,
            2,
            200,
        ),
    )
