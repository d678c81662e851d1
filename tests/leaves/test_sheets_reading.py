"""Files of every kind: what can be read is read, what cannot be is refused in plain words."""

import codecs
import io
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from caseapp.sheets import SheetRefused, csv_bytes, read_caseload, xlsx_guard
from caseapp.sheets.reading import tables

TODAY = date(2026, 11, 21)
HEADINGS = [
    "Client name",
    "D.O.B.",
    "Ref",
    "Lead agency",
    "Opened",
    "Goal",
    "Action",
    "Who",
    "By when",
    "Status",
    "Notes",
]
ROW = [
    "Rua Draftley",
    "08/10/1979",
    "L1",
    "Harbour",
    "30/06/2025",
    "Home",
    "View flat",
    "Quayside",
    "26/11/2026",
    "done",
    "n",
]


def changed(**cells):
    names = dict(
        zip(
            ["name", "born", "ref", "lead", "opened", "goal", "action", "who", "due", "status", "note"],
            ROW,
            strict=True,
        )
    )
    return list((names | cells).values())


def csv_of(*rows):
    return csv_bytes(HEADINGS, rows)


def xlsx_of(*rows, headings=HEADINGS, book=None, prepare=None):
    book = book or Workbook()
    sheet = book.worksheets[0]
    sheet.append(headings)
    for row in rows:
        sheet.append(row)
    if prepare:
        prepare(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data, **replaced):
    """The same zip with parts replaced; names with "/" and "." written as "__" and "_"."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            change = replaced.get(part.filename.rpartition("/")[2].partition(".")[0])
            content = old.read(part)
            new.writestr(part.filename, change(content) if change else content)
    return out.getvalue()


def refusal(data):
    with pytest.raises(SheetRefused) as refused:
        read_caseload(data, today=TODAY)
    return refused.value.message


def only_action(data):
    [person] = read_caseload(data, today=TODAY).people
    [action] = person.cases[0].goals[0].actions
    return action


# CSV


def test_a_line_break_in_a_cell_does_not_shift_the_row_numbers():
    sheet = read_caseload(
        csv_of(changed(note="one\r\ntwo\nthree"), changed(action="Other", due="asap")), today=TODAY
    )
    assert [error.row for error in sheet.errors] == [3]
    assert sheet.people[0].cases[0].goals[0].actions[0].note == "one\ntwo\nthree"


def test_old_mac_line_ends_are_read():
    assert only_action(csv_of(ROW).replace(b"\r\n", b"\r")).what == "View flat"


def test_titles_above_the_headings_are_passed_over_and_rows_keep_their_numbers():
    data = b"Caseload,,,\r\n\r\nTeam A,,\r\n" + csv_of(changed(due="asap")).removeprefix(codecs.BOM_UTF8)
    sheet = read_caseload(data, today=TODAY)
    assert [(error.row, error.column) for error in sheet.errors] == [(5, "By when")]


def test_commas_in_texts_do_not_hide_that_semicolons_separate():
    head, row = ";".join(HEADINGS), ";".join(changed(note="a, b, c, d, e, f, g, h, i, j, k, l, m, n"))
    assert only_action(f"{head}\r\n{row}\r\n".encode()).note.startswith("a, b, c")


def test_mojibake_is_kept_as_it_is():
    sheet = read_caseload(csv_of(changed(name="Ã‰abha Mac-Demo")), today=TODAY)
    assert sheet.people[0].name == "Ã‰abha Mac-Demo"


def test_our_own_export_comes_back_without_the_guarding_quote_mark():
    data = csv_of(changed(note="=SUM(A1:A3)"))
    assert b"'=SUM" in data
    assert only_action(data).note == "=SUM(A1:A3)"


def test_a_quote_mark_never_closed_is_refused_with_its_row():
    data = csv_of(ROW) + b'Rua Draftley,08/10/1979,"L1,Harbour\r\n' + csv_of(ROW)
    assert refusal(data).startswith("In row 3 a quote mark opens a cell and is never closed.")


def test_a_careless_quote_mark_is_read_and_told():
    data = (
        csv_of() + b'Rua Draftley,08/10/1979,L1,Harbour,,Home,View flat,Quayside,,done,"said "no" twice"\r\n'
    )
    sheet = read_caseload(data, today=TODAY)
    assert sheet.notices[0].rows == (2,)
    assert sheet.people[0].cases[0].goals[0].actions[0].note == 'said no" twice"'


def test_a_row_longer_than_the_headings_is_an_error_on_that_row():
    data = csv_of() + ",".join([*ROW, "left over"]).encode()
    [error] = read_caseload(data, today=TODAY).errors
    assert (error.row, error.column, error.text) == (2, "", "left over")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "No headings"),
        (b"\r\n\r\n", "No headings"),
        (b"Client name,D.O.B.\x00,Ref", "not a text file"),
        ("Client name,D.O.B.".encode("utf-16-le"), "not a text file"),
        (codecs.BOM_UTF16_LE + b"a", "not a text file"),
        (b"\x81\x8d\x8f" * 9, "not a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, "old Excel file (.xls)"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><table><tr><td>Client name", "web page"),
        (b"<?xml version='1.0'?><Workbook/>", "web page or XML"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"PK\x03\x04" + b"junk" * 99, "may be damaged"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (b"Client name,D.O.B.,Lead agency,Goal,Action,Who\r\n", "no rows beneath"),
        (b"Client name,D.O.B.,Lead agency,Goal,Action,Who\r\n" + b"a," * 61 + b"a", "more than 60 columns"),
        (b"Client name,D.O.B.,Lead agency,Goal,Action,Who\r\n" + b"a,b\r\n" * 20_001, "more than 20,000 rows"),
        (b"Client name,D.O.B.,Lead agency,Goal,Action,Who\r\n" + b"a" * 140_000, "far too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_plain_words(data, says):
    assert says in refusal(data)


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        ("xl/workbook.bin", "x", "binary Excel file (.xlsb)"),
        ("word/document.xml", "<w/>", "not a spreadsheet"),
        ("readme.txt", "x", "not a spreadsheet"),
    ],
)
def test_other_zips_are_refused_by_what_they_are(part, content, says):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(part, content)
    assert says in refusal(out.getvalue())


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    for start in (b"", b"PK\x03\x04", codecs.BOM_UTF16_LE, b"Name,DOB\r\n"):
        try:
            tables(start + data)
        except SheetRefused as refused:
            assert refused.message


# XLSX


def test_excel_dates_and_numbers_are_read_as_what_they_are():
    row = changed(born=datetime(1979, 10, 8), opened=45838, due=date(2026, 11, 26), ref=1000)  # noqa: DTZ001 as in a cell
    [person] = read_caseload(xlsx_of(row), today=TODAY).people
    assert person.date_of_birth == date(1979, 10, 8)
    assert person.refs == ("1000",)
    assert person.cases[0].opened_on == date(2025, 6, 30)
    assert person.cases[0].goals[0].actions[0].due_on == date(2026, 11, 26)


def test_a_workbook_and_a_csv_of_the_same_rows_say_the_same():
    rows = [ROW, changed(action="Other", due="asap"), [], changed(name="RUA DRAFTLEY", action="Third")]
    assert read_caseload(xlsx_of(*rows), today=TODAY) == read_caseload(csv_of(*rows), today=TODAY)


def test_a_workbook_that_counts_from_1904_is_read_right():
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    data = xlsx_of(changed(born=datetime(1979, 10, 8), opened=44539), book=book)  # noqa: DTZ001 as in a cell
    [person] = read_caseload(data, today=TODAY).people
    assert person.date_of_birth == date(1979, 10, 8)
    assert person.cases[0].opened_on == date(2025, 12, 10)


NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def as_excel_writes_it(strings, sheet):
    """A workbook with its texts in a table of their own, as Excel has them and openpyxl does not write them."""
    parts = {
        "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>
            <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>
            <Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>""",
        "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
            <Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
        "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
            <Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>""",
        "xl/workbook.xml": f"""<workbook {NAMESPACE} xmlns:r="{OFFICE}">
            <sheets><sheet name="Caseload" sheetId="1" r:id="r1"/></sheets></workbook>""",
        "xl/sharedStrings.xml": f"<sst {NAMESPACE}>{strings}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {NAMESPACE}>{sheet}</worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


STRINGS = "".join(f"<si><t>{text}</t></si>" for text in (*HEADINGS, *ROW[:-1])) + (
    "<si><r><t>rang </t></r><r><rPr><b/></rPr><t>twice</t></r></si>"
)
SHEET = (
    '<dimension ref="A1"/><sheetData><row r="1">'
    + "".join(f'<c t="s"><v>{number}</v></c>' for number in range(11))
    + '</row><row r="4">'
    + "".join(f'<c t="s"><v>{number}</v></c>' for number in range(11, 22))
    + "</row></sheetData>"
)


def test_a_workbook_as_excel_writes_it_is_read_rich_text_gaps_and_wrong_size_too():
    sheet = read_caseload(as_excel_writes_it(STRINGS, SHEET), today=TODAY)
    assert sheet.errors == ()
    assert sheet.people[0].rows == (4,)
    assert sheet.people[0].cases[0].goals[0].actions[0].note == "rang twice"
    assert sheet.notices[0].rows == (2, 3)


def test_a_table_of_texts_may_hold_neither_entities_nor_endless_text():
    declared = repacked(as_excel_writes_it(STRINGS, SHEET), sharedStrings=lambda xml: BILLION_LAUGHS + xml)
    assert "XML declarations" in refusal(declared)
    assert "unpacks to far more" in refusal(as_excel_writes_it(f"<si>{'<r/>' * 70_001}</si>", SHEET))


def test_the_first_sheet_with_the_headings_is_read():
    book = Workbook()
    book.worksheets[0].append(["Read me first"])
    sheet = book.create_sheet("Caseload")
    sheet.append(HEADINGS)
    sheet.append(ROW)
    out = io.BytesIO()
    book.save(out)
    assert only_action(out.getvalue()).what == "View flat"


def test_hidden_sheets_are_not_read():
    book = Workbook()
    book.create_sheet("Front").append(["Nothing"])

    def hide(sheet):
        sheet.sheet_state = "hidden"

    assert "No headings" in refusal(xlsx_of(ROW, book=book, prepare=hide))


def test_a_merged_name_is_the_name_of_each_of_its_rows():
    def merge(sheet):
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("D2:D3")

    data = xlsx_of(ROW, changed(name=None, lead=None, action="Other"), prepare=merge)
    sheet = read_caseload(data, today=TODAY)
    assert sheet.errors == ()
    assert sheet.people[0].rows == (2, 3)


def test_a_formula_never_calculated_is_taken_as_text_and_told():
    sheet = read_caseload(xlsx_of(changed(note="=SUM(A1:A3)")), today=TODAY)
    assert sheet.people[0].cases[0].goals[0].actions[0].note == "=SUM(A1:A3)"
    assert sheet.notices[0].rows == (2,)


def test_the_saved_value_of_a_formula_is_read():
    data = xlsx_of(changed(note="=SUM(A1:A3)"), changed(action="B", note="=IF(1=2,1,)"))
    calculated = repacked(
        data,
        sheet1=lambda xml: xml.replace(b"<f>SUM(A1:A3)</f><v></v>", b"<f>SUM(A1:A3)</f><v>6</v>").replace(
            b"<f>SUM(A1:A3)</f><v />", b"<f>SUM(A1:A3)</f><v>6</v>"
        ),
    )
    first, second = read_caseload(calculated, today=TODAY).people[0].cases[0].goals[0].actions
    assert (first.note, second.note) == ("6", "")


def test_an_error_value_in_a_cell_is_an_error_of_that_cell():
    data = xlsx_of(changed(who="#REF!"), changed(due="#N/A"))
    assert [(e.row, e.column, e.text) for e in read_caseload(data, today=TODAY).errors] == [
        (2, "Who", "#REF!"),
        (3, "By when", "#N/A"),
    ]


def test_a_ref_that_excel_made_a_date_of_is_an_error_of_that_cell():
    [error] = read_caseload(xlsx_of(changed(ref=date(2026, 3, 1))), today=TODAY).errors
    assert (error.row, error.column) == (2, "Ref")


def test_times_and_booleans_become_words():
    assert only_action(xlsx_of(changed(note=time(9, 5)))).note == "09:05"
    assert only_action(xlsx_of(changed(status=True))).status == "completed"


def test_a_stray_cell_at_the_very_end_costs_nothing():
    def stray(sheet):
        sheet.cell(1_048_576, 1, " ")

    assert only_action(xlsx_of(ROW, prepare=stray)).what == "View flat"


def test_a_cell_right_of_the_headings_is_left_out_and_told():
    sheet = read_caseload(xlsx_of([*ROW, "remark"]), today=TODAY)
    assert sheet.errors == ()
    assert "Cells to the right of the last heading are left out." in [
        notice.message for notice in sheet.notices
    ]


def test_more_rows_or_columns_than_allowed_are_refused(monkeypatch):
    monkeypatch.setattr("caseapp.sheets.xlsx_reading.MAX_ROWS", 3)
    assert "more than" in refusal(xlsx_of(*[ROW] * 4))
    assert len(read_caseload(xlsx_of(*[ROW] * 3), today=TODAY).lines) == 3
    assert "more than 60 columns" in refusal(xlsx_of(["x"] * 61))


BILLION_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declared", [BILLION_LAUGHS, OUTSIDE], ids=["billion laughs", "outside file"])
@pytest.mark.parametrize("part", ["sheet1", "workbook", "styles", "theme1", "app"])
def test_a_part_with_a_document_type_is_refused_before_anything_opens_it(declared, part):
    data = repacked(
        xlsx_of(ROW),
        **{
            part: lambda xml: (
                declared + xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else declared + xml
            )
        },
    )
    assert "XML declarations" in refusal(data)


def test_a_workbook_that_unpacks_to_more_than_100_mb_is_refused():
    bomb = repacked(xlsx_of(ROW), theme1=lambda xml: xml + b" " * 100_000_001)
    assert len(bomb) < 200_000
    assert "unpacks to far more" in refusal(bomb)


@pytest.mark.parametrize(
    ("part", "inside"),
    [
        ("sheet1", b"<row>" + b"<c/>" * 70_001 + b"</row>"),
        ("styles", b"<x/>" * 300_001),
        ("sheet1", b"<x>" * 300_001),
    ],
    ids=["one endless row", "endless styles", "endless depth"],
)
def test_more_elements_than_a_caseload_needs_are_refused(part, inside):
    def stuffed(xml):
        head, mark, tail = xml.rpartition(b"</")
        return head + inside + mark + tail

    assert "unpacks to far more" in refusal(repacked(xlsx_of(ROW), **{part: stuffed}))


def test_a_locked_zip_is_refused():
    data = bytearray(xlsx_of(ROW))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) != -1:
        data[at + 8] |= 1
        at += 4
    assert "locked with a password" in refusal(bytes(data))


@pytest.mark.parametrize("part", ["workbook", "sheet1", "styles", "[Content_Types]"])
def test_a_damaged_part_is_refused_in_plain_words(part):
    assert refusal(repacked(xlsx_of(ROW), **{part: lambda xml: xml[: len(xml) // 2]})) == xlsx_guard.BROKEN


def test_text_in_a_number_cell_is_refused_in_plain_words():
    data = repacked(
        xlsx_of(changed(ref=17)), sheet1=lambda xml: xml.replace(b"<v>17</v>", b"<v>seventeen</v>")
    )
    assert refusal(data) == xlsx_guard.BROKEN
