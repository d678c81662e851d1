"""Emergency access as a file for the privacy officer: exactly what the list says, safe in a spreadsheet, only after the
password, and itself written down (X-7)."""

import csv
import io
from datetime import timedelta

from sqlalchemy import select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditEntry, EmergencyAccess, User, UserSession
from caseapp.policy.emergency import find_emergency_review
from caseapp.services import emergency
from caseapp.vocabulary import AuditAct, EmergencyOutcome
from tests.test_emergency import WHY, may, opened  # noqa: F401 - a fixture

REPORT = "/emergency/reviews.csv"


def rows(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/csv", answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def reviewed(world, access, outcome=EmergencyOutcome.JUSTIFIED):
    emergency.review(
        find_emergency_review(world.femi, access),
        actor=world.femi,
        at=clock.now(),
        outcome=outcome,
        text="The ambulance report says the same.",
    )


def test_the_file_says_what_the_list_says_of_the_same_choice_and_no_more(may, as_):  # noqa: F811
    first = opened(may)
    reviewed(may, first)
    db.session.execute(update(EmergencyAccess).values(ended_at=clock.now()))
    db.session.commit()
    opened(may, "tomasz")
    femi = as_("femi")
    page = femi.get("/emergency/reviews?which=all").text
    assert f'href="{REPORT}?which=all"' in page
    heading, *lines = rows(femi.get(f"{REPORT}?which=all"))
    assert heading == ["Who", "Agency", "Opened", "Open until", "What it was", "Case", "Led by", "Review"]
    assert {line[0] for line in lines} == {"Mark Ellery", "Tomasz Wilk"}
    for line in lines:
        assert line[5] == "41 72 93 04" and line[6] == "Canal Street Drug Service"
        for word in (line[0], line[1], line[4], line[5], line[6]):
            assert word in page, word
    assert {line[7].split(",")[0].split(" ")[0] for line in lines} == {"Justified", "due"}
    everything = str(lines)
    for word in ("Niall", "Rafter", WHY, "1989"):
        assert word not in everything
    (waiting,) = rows(femi.get(REPORT))[1:]
    assert waiting[0] == "Tomasz Wilk"
    (often,) = {tuple(line[2:]) for line in rows(femi.get("/emergency/reviews/how-often.csv"))[1:]} - {
        ("1", "0", "0", "1")
    }
    assert often == ("1", "1", "0", "0")


def test_no_cell_of_it_runs_in_a_spreadsheet(may, as_):  # noqa: F811
    opened(may)
    db.session.execute(
        update(User).where(User.id == may.mark.user_id).values(name="=cmd|' /C calc'!A0 Ellery")
    )
    db.session.commit()
    (line,) = rows(as_("femi").get(REPORT))[1:]
    assert "cmd" in line[0] and line[0][0] not in "=+-@\t\r"


def test_it_wants_the_proof_of_the_last_ten_minutes_and_leaves_an_entry(may, as_):  # noqa: F811
    opened(may)
    femi = as_("femi")
    rows(femi.get(REPORT))
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == AuditAct.EXPORTED, AuditEntry.user_id == may.femi.user_id)
    ).one()
    assert entry.what == "emergency access, as a file"
    assert entry.detail == {"cases": [may.case_id], "rows": 1}
    db.session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db.session.commit()
    for address in (REPORT, "/emergency/reviews/how-often.csv"):
        assert femi.get(address).location.startswith("/prove?next="), address


def test_nobody_else_has_it_and_an_officer_does_not_read_of_their_own(may, as_):  # noqa: F811
    opened(may)
    for who in ("orla", "declan", "mark", "ciara", "sinead", "root"):
        assert as_(who).get(REPORT).status_code == 403, who
    db.session.execute(update(EmergencyAccess).values(user_id=may.femi.user_id))
    db.session.commit()
    assert rows(as_("femi").get(REPORT))[1:] == []
