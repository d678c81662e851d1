"""Which column is which, however the service calls it."""

import re
from dataclasses import dataclass

from caseapp.sheets.shapes import Notice, Row, SheetRefused, Table
from caseapp.sheets.text import fold_name, one_line, quoted

# field -> (how we call it, how services call it, folded and without spaces)
FIELDS = {
    "name": (
        "Client name",
        "clientname clientsname name serviceuser serviceusername serviceusersname nameofserviceuser nameofclient fullname client person personname "
        "nameofperson participant participantname resident residentname patient patientname customer customername",
    ),
    "first_name": ("First name", "firstname forename givenname christianname clientfirstname clientforename"),
    "surname": ("Surname", "surname lastname familyname secondname clientsurname clientlastname"),
    "date_of_birth": ("Date of birth", "dob dateofbirth birthdate birthday born clientdob clientdateofbirth"),
    "ref": (
        "Ref",
        "ref reference refno refnumber referenceno referencenumber clientref clientreference clientid clientno "
        "clientnumber caseref casereference caseid caseno casenumber fileno filenumber fileref ourref externalref linkref",
    ),
    "lead_agency": (
        "Lead agency",
        "leadagency lead leadservice leadorganisation leadorganization leadorg leadagencyname caseagency",
    ),
    "case_manager": ("Case manager", "casemanager casemanagername cm leadworker caseholder"),
    "key_worker": ("Key worker", "keyworker keyworkername kw"),
    "opened": (
        "Opened",
        "opened openedon opendate dateopened dateofopening caseopened caseopenedon caseopendate datecaseopened startdate",
    ),
    "domain": ("Domain", "domain lifedomain needdomain needarea areaofneed lifearea need"),
    "goal": ("Goal", "goal goals goaltitle objective objectives aim outcomewanted caregoal plangoal"),
    "action": (
        "Action",
        "action actions actionneeded actionrequired actiontobetaken task step intervention whatneedstohappen",
    ),
    "agency": (
        "Who",
        "who bywho bywhom whodoesit whowilldoit agency actionagency agencyresponsible responsibleagency service "
        "organisation organization owner owneragency responsible responsibility personresponsible",
    ),
    "worker": ("Worker", "worker workername namedworker staff staffmember staffname agencyworker"),
    "due": (
        "By when",
        "bywhen when due duedate dateby dueon dueby datedue targetdate target deadline timeframe completeby",
    ),
    "status": ("Status", "status actionstatus state"),
    "note": ("Notes", "notes note comment comments remark remarks update updates progressnote progressnotes"),
    "phone": (
        "Phone",
        "phone phoneno phonenumber telephone telephoneno telephonenumber tel telno mobile mobileno mobilenumber contactnumber",
    ),
}
REQUIRED = ("name", "date_of_birth", "lead_agency", "goal", "action", "agency")
_SYNONYMS = {synonym: field for field, (_, synonyms) in FIELDS.items() for synonym in synonyms.split()}
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LOOK_AT = 20  # rows: titles and logos may stand above the headings
_FOUND_AT_MOST = 20
_LONGEST = 80  # characters; what is longer is no heading


@dataclass(frozen=True)
class Columns:
    """Where each field stands: `at` maps a field to its column, `written` to the heading as the sheet has it."""

    row: int
    at: dict[str, int]
    written: dict[str, str]
    width: int
    notices: tuple[Notice, ...] = ()

    def repeated_by(self, row: Row) -> bool:
        """True for a heading row that stands again further down (a page break, two sheets pasted together)."""
        return all(
            column < len(row.cells) and field_of(row.cells[column]) == field
            for field, column in self.at.items()
        )


def field_of(heading) -> str | None:
    """The field that a heading means, or None. Case, spacing, punctuation and remarks in brackets do not matter."""
    text = str(heading)
    if len(text) > _LONGEST:
        return None
    for attempt in (text, _IN_BRACKETS.sub(" ", text)):
        if field := _SYNONYMS.get(fold_name(attempt.replace(".", "")).replace(" ", "")):
            return field
    return None


def find_columns(tables: list[Table]) -> tuple[Table, Columns]:
    """The first table that has all that is needed, and its columns. Raises SheetRefused saying what is missing."""
    candidates = [(table, columns) for table in tables if (columns := _columns(table)) is not None]
    for table, columns in candidates:
        if not _missing(columns):
            return table, columns
    if not candidates:
        raise SheetRefused(
            "No headings were found. The first row has to name the columns, such as "
            + ", ".join(FIELDS[field][0] for field in REQUIRED)
            + "."
        )
    _, best = max(candidates, key=lambda candidate: len(candidate[1].at))
    missing = ", ".join(FIELDS[field][0] for field in _missing(best))
    raise SheetRefused(f"These columns are missing: {missing}. Found in row {best.row}: {_found(best)}.")


def _missing(columns: Columns) -> list[str]:
    named = "name" in columns.at or {"first_name", "surname"} <= columns.at.keys()
    return [field for field in REQUIRED if field not in columns.at and not (field == "name" and named)]


def _found(columns: Columns) -> str:
    listed = list(columns.written.values())
    more = len(listed) - _FOUND_AT_MOST
    return ", ".join(listed[:_FOUND_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _columns(table: Table) -> Columns | None:
    """The best row of the first few to be the headings: the one that names most fields."""
    top = table.rows[:_LOOK_AT]
    if not top:
        return None
    row = max(top, key=lambda row: len({field for cell in row.cells if (field := field_of(cell))}))
    at, written, notices, unknown, consent = {}, {}, [], [], []
    for column, cell in enumerate(row.cells):
        heading = quoted(one_line(str(cell)))
        if not heading:
            continue
        field = field_of(cell)
        if field is None:
            (consent if "consent" in heading.casefold() else unknown).append(heading)
            written[f"column {column}"] = heading
        elif field in at:
            message = f"The column “{heading}” is left out: “{written[field]}” was taken already."
            notices.append(Notice(message, column=heading))
            written[f"column {column}"] = heading
        else:
            at[field], written[field] = column, heading
    if len(at) < 2:
        return None
    notices.extend(
        Notice(
            f"The column “{heading}” is left out: consent is recorded with the person, never imported.",
            column=heading,
        )
        for heading in consent
    )
    notices.extend(
        Notice(f"The column “{heading}” is not known and is left out.", column=heading) for heading in unknown
    )
    width = max(column for column, cell in enumerate(row.cells) if cell) + 1
    return Columns(row.number, at, written, width, tuple(notices))
