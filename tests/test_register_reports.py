"""The quarter's report: whose figures, the same on the page and in both files, small numbers left out (S2-39, S2-41,
B14a)."""

import csv
import io
import random
import re
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import delete, exc, select, update

from caseapp import clock
from caseapp.models import (
    Agency,
    Area,
    Case,
    ConsentGrant,
    Meeting,
    Need,
    QuarterFigures,
    Transfer,
    UserArea,
)
from caseapp.queries import quarterly, quarters
from caseapp.services import quarter_figures
from caseapp.vocabulary import (
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    MeetingKind,
    MeetingStatus,
    NeedLevel,
    Role,
    TransferReason,
    TransferStage,
)
from tests.gaps import day, raised
from tests.test_register import people


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: day(19))
    return day(19)


JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)


@pytest.fixture
def ended(monkeypatch):
    """Call it: the fourth quarter of 2026 has ended, and its figures are kept."""

    def go():
        monkeypatch.setattr(clock, "now", lambda: JANUARY)
        return quarter_figures.keep(at=JANUARY)

    return go


def table_of(page: str, key: str) -> dict[str, list[str]]:
    """Row → numbers, as the page shows them."""
    part = page.split(f'id="t-{key}"', 1)[1].split("</table>", 1)[0].split("<tbody>", 1)[1]
    rows = {}
    for row in part.split("<tr")[1:]:
        name = re.search(r'scope="row"[^>]*>(.*?)</th>', row, re.S).group(1)
        rows[name] = [
            re.sub(r"<[^>]+>", "", cell).replace(",", "").strip()
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        ]
    return rows


def test_a_line_manager_reads_the_own_agencys_quarter_and_nobody_elses(world, as_, now):
    raised(world.orla)
    page = as_("declan").get("/reports").text
    assert "Canal Street Drug Service, October to December 2026" in page
    assert list(table_of(page, "agencies")) == ["Canal Street Drug Service", "All"]
    assert table_of(page, "gaps")["All"] == ["1", "0", "0", "0", "1"]
    assert "Niall" not in page and "Rafter" not in page
    assert as_("declan").get("/reports?of=").status_code == 404
    for who in ("orla", "tomasz", "femi", "ciara", "root"):
        assert as_(who).get("/reports").status_code == 403
    assert "Canal Street" not in as_("amina").get("/reports").text


def test_a_coordinator_reads_one_area_with_small_numbers_left_out_and_the_national_one_all(
    world, as_, db_session, now, ended
):
    people(db_session, world, 6)
    raised(world.orla)
    ended()
    page = as_("sinead").get("/reports").text
    assert "Liffey North, October" in page and "Numbers under 5 are not shown" in page
    open_cases = table_of(page, "agencies")["Canal Street Drug Service"]
    assert open_cases[0] == "7" and "not shown" in open_cases
    assert as_("sinead").get("/reports?of=").status_code == 404
    other = Area(name="Elsewhere", kind="local")
    db_session.add(other)
    db_session.commit()
    assert as_("sinead").get(f"/reports?of={other.id}").status_code == 404
    everything = as_("gearoid").get("/reports?quarter=2026-Q4").text
    assert "not shown" not in everything.split("<main", 1)[1]
    assert table_of(everything, "needs")["Accommodation"][0] == "1"
    assert "not shown" in table_of(page, "needs")["Accommodation"]


def test_page_csv_and_xlsx_hold_the_same_figures(world, as_, db_session, now, ended):
    people(db_session, world, 6)
    raised(world.orla)
    ended()
    for who in ("sinead", "declan", "gearoid"):
        client = as_(who)
        page = client.get("/reports?quarter=2026-Q4").text
        lines = list(
            csv.DictReader(
                io.StringIO(client.get("/reports/quarterly.csv?quarter=2026-Q4").data.decode("utf-8-sig"))
            )
        )
        told = {}
        for line in lines:
            told.setdefault((line["Table"], line["Row"]), []).append(line["Number"])
        book = openpyxl.load_workbook(io.BytesIO(client.get("/reports/quarterly.xlsx?quarter=2026-Q4").data))
        viewer = getattr(world, who)
        scope = quarterly.scope(quarterly.scopes_of(viewer)[0][0], viewer=viewer)
        with client.application.app_context():
            report = quarterly.report(quarters.quarter("2026-Q4"), scope)
        for table in report.tables:
            if not table.rows:
                continue
            sheet = {
                str(row[0]): [str(one) for one in row[1 : len(table.columns) + 1]]
                for row in book[table.title[:31]].iter_rows(min_row=4, values_only=True)
            }
            shown = table_of(page, table.key)
            assert shown == sheet
            assert shown == {row: numbers for (title, row), numbers in told.items() if title == table.title}


def test_closed_cases_lost_contact_and_meetings_that_were_not_convened_are_counted(
    world, as_, db_session, now
):
    cases = people(db_session, world, 3)
    for case_id, status in zip(
        cases, (CaseStatus.CLOSED_POSITIVE, CaseStatus.CLOSED_OTHER, CaseStatus.CONTACT_LOST), strict=True
    ):
        ended = status is not CaseStatus.CONTACT_LOST
        db_session.execute(
            update(Case)
            .where(Case.id == case_id)
            .values(status=status, closed_at=day(3) if ended else None, close_reason="x" if ended else "")
        )
    db_session.add(
        Meeting(
            case_id=world.case_id,
            agency_id=world.agencies["canal"],
            kind=MeetingKind.CASE_MEETING,
            status=MeetingStatus.NOT_CONVENED,
            status_reason="Two agencies never answered",
            status_at=day(4),
            proposed_at=day(1),
            proposed_by_id=world.orla.user_id,
        )
    )
    db_session.commit()
    page = as_("declan").get("/reports").text
    assert table_of(page, "endings")["Canal Street Drug Service"] == ["1", "0", "0", "1", "1"]
    assert table_of(page, "agencies")["Canal Street Drug Service"][-1] == "1"
    assert "never answered" not in page
    before = as_("declan").get("/reports?quarter=2026-Q3").text
    assert table_of(before, "endings")["Canal Street Drug Service"] == ["0", "0", "0", "0", "1"]


def test_a_coordinator_without_an_area_reads_why_there_is_no_report(world, as_, db_session, now):
    db_session.execute(UserArea.__table__.delete())
    db_session.commit()
    page = as_("sinead").get("/reports")
    assert page.status_code == 200 and "No area is given to you yet." in page.text
    assert as_("sinead").get("/reports/quarterly.csv").status_code == 404


def test_quarters_begin_and_end_at_local_midnight_also_in_summer():
    quarter = quarters.Quarter(
        "2026-Q3", clock.today().replace(2026, 7, 1), clock.today().replace(2026, 10, 1)
    )
    starts, ends = quarter.moments
    assert (starts.hour, ends.hour) == (23, 23)
    assert clock.local(starts).isoformat().startswith("2026-07-01T00:00")
    winter = quarters.Quarter("2026-Q1", clock.today().replace(2026, 1, 1), clock.today().replace(2026, 4, 1))
    assert winter.moments[0].hour == 0


def test_what_a_role_may_choose_is_its_own(world, app, now):
    with app.app_context():
        assert quarterly.scopes_of(world.declan) == [("own", "Canal Street Drug Service")]
        assert [words for _, words in quarterly.scopes_of(world.sinead)] == ["Liffey North"]
        assert quarterly.scopes_of(world.gearoid)[0] == ("", "All areas")
        assert world.gearoid.has(Role.NATIONAL_COORDINATOR)


def test_a_quarter_that_goes_on_is_not_shown_where_small_numbers_are_left_out(world, as_, db_session, now):
    people(db_session, world, 9)
    sinead = as_("sinead")
    page = sinead.get("/reports?quarter=2026-Q4").text
    assert "This quarter has not ended." in page and "from Friday 1 January" in page
    assert "<table" not in page and "quarterly.csv" not in page
    assert sinead.get("/reports/quarterly.csv?quarter=2026-Q4").status_code == 404
    assert "No figures were kept of this quarter." in sinead.get("/reports").text
    assert "as far as it has come" in as_("declan").get("/reports").text


def test_a_quarter_that_has_ended_reads_the_same_ever_after_needs_as_they_were(
    world, as_, db_session, now, ended
):
    people(db_session, world, 9)
    assert ended() == len(world.agencies) and quarter_figures.keep(at=JANUARY) == 0
    address = "/reports?quarter=2026-Q4"
    was = {who: table_of(as_(who).get(address).text, "needs") for who in ("sinead", "declan", "gearoid")}
    assert was["gearoid"]["Accommodation"] != ["0", "0", "0", "0", "0"]
    db_session.execute(update(Need).values(level=NeedLevel.NONE))
    people(db_session, world, 3)
    for who, levels in was.items():
        page = as_(who).get(address).text
        assert table_of(page, "needs") == levels and "as it stood on 4 Jan 2027" in page
    with pytest.raises(exc.DatabaseError), db_session.begin_nested():
        db_session.execute(update(QuarterFigures).values(content={}))
    with pytest.raises(exc.DatabaseError), db_session.begin_nested():
        db_session.execute(delete(QuarterFigures))


def test_two_readings_of_an_area_tell_nothing_of_what_happened_between(world, app, db_session, monkeypatch):
    """Whatever is recorded between two days on which a coordinator reads (the differencing attack): each number that
    two readings show is the same, and while a quarter goes on none is shown."""
    chance = random.Random(11)  # noqa: S311 - nothing secret
    scope = quarterly.scope(quarterly.scopes_of(world.sinead)[0][0], viewer=world.sinead)
    four = quarters.quarter("2026-Q4")
    shown = []
    for number in sorted(chance.sample(range(20, 110), 14)):
        moment = day(1) + timedelta(days=number)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        if chance.random() < 0.8 or number > 100:
            quarter_figures.keep(at=moment)
        report = quarterly.report(four, scope)
        if moment.date() < four.ends:
            assert report.tables == ()
        elif report.tables:
            shown.append(report)
        people(db_session, world, chance.randrange(7))
        db_session.execute(update(Need).values(level=chance.choice(list(NeedLevel))))
        db_session.commit()
    assert len(shown) > 2 and len({repr(report) for report in shown}) == 1


def _went_over(db_session, world, count, at, to="harbour"):
    """So many cases of Canal Street that another lead agency took over at that moment."""
    for case_id in people(db_session, world, count):
        grant = ConsentGrant(
            case_id=case_id,
            agency_id=world.agencies[to],
            kind=ConsentKind.INFORMATION_SHARING,
            status=ConsentStatus.SUPERSEDED,
            starts_on=at.date(),
            recorded_at=at,
            recorded_by_id=world.orla.user_id,
        )
        db_session.add(grant)
        db_session.flush()
        db_session.add(
            Transfer(
                case_id=case_id,
                from_agency_id=world.agencies["canal"],
                to_agency_id=world.agencies[to],
                reason=TransferReason.NOT_BEST_PLACED,
                stage=TransferStage.EFFECTIVE,
                grant_id=grant.id,
                requested_at=at,
                requested_by_id=world.orla.user_id,
                status_before=CaseStatus.CASE_MANAGED,
                ended_at=at,
            )
        )
    db_session.commit()


def test_transfers_that_took_effect_count_for_both_agencies_in_their_quarter(world, as_, db_session, now):
    """C10: a case that another agency took over is no ending, and is in the report all the same."""
    _went_over(db_session, world, 2, day(3))
    canal, harbour = "Canal Street Drug Service", "Harbour Hostel"
    assert table_of(as_("declan").get("/reports").text, "transfers")[canal] == ["2", "0"]
    nation = table_of(as_("gearoid").get("/reports").text, "transfers")
    assert (nation[canal], nation[harbour], nation["All"]) == (["2", "0"], ["0", "2"], ["2", "2"])
    before = as_("declan").get("/reports?quarter=2026-Q3").text
    assert "Nothing in this quarter." in before.split('id="t-transfers"')[1]


def test_few_transfers_are_not_shown_to_a_coordinator_nor_what_the_other_agency_took_over(
    world, as_, db_session, now, ended
):
    _went_over(db_session, world, 2, day(3))
    ended()
    shown = table_of(as_("sinead").get("/reports?quarter=2026-Q4").text, "transfers")
    assert set(shown) == {"Canal Street Drug Service", "All"}
    assert shown["Canal Street Drug Service"] == ["not shown"]


def test_a_quarter_that_was_kept_before_transfers_were_counted_says_so(
    world, as_, db_session, now, monkeypatch
):
    """What is kept stays as it was; nothing is counted into it afterwards, and no nought is shown for it."""
    _went_over(db_session, world, 6, day(3))
    monkeypatch.setattr(clock, "now", lambda: JANUARY)
    agencies = db_session.execute(select(Agency.id, Agency.area_id)).all()
    older = {"agencies": {"": [7, 0, 0, 0, 0, 0, 0]}}
    db_session.add_all(
        QuarterFigures(
            quarter="2026-Q4",
            agency_id=agency_id,
            area_id=area_id,
            counted_at=JANUARY,
            content=older if agency_id == world.agencies["canal"] else {},
        )
        for agency_id, area_id in agencies
    )
    db_session.commit()
    assert quarter_figures.keep(at=JANUARY) == 0
    for who in ("declan", "sinead", "gearoid"):
        page = as_(who).get("/reports?quarter=2026-Q4").text
        assert table_of(page, "agencies")["Canal Street Drug Service"][0] == "7"
        part = page.split('id="t-transfers"')[1].split("</section>")[0]
        assert "It was not counted yet when this quarter ended." in part and "<table" not in part
