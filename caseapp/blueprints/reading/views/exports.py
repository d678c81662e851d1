"""Evidence as files and prints, for the line manager alone; each export stands in the access record (S0-34)."""

from flask import make_response, render_template, request

from caseapp import clock
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.lists import read
from caseapp.blueprints.reading.views.person import ENTRIES
from caseapp.documents import pdf, reading_evidence
from caseapp.policy.do import Do
from caseapp.sheets import csv_bytes
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, on_reader, replace_reading
from caseapp.web.answers import page
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _narrowed(state) -> str:
    """The filters that are on, in words."""
    words = []
    for one in state.filters:
        value = state[one.name]
        if value == one.default:
            continue
        options = dict(getattr(one, "options", ()))
        words.append(f"{one.label}: {options.get(value) or value}")
    return "; ".join(words)


@bp.get("/export")
@allowed(Do.SEE_READING)
def export():
    state, wanted = read()
    found = reading_evidence.evidence(wanted, viewer=viewer())
    return page(
        "reading/export.html",
        state=state,
        found=found,
        narrowed=_narrowed(state),
        figures=reading_evidence.figures_table(found.figures, today=clock.today()),
        most=reading_evidence.MOST,
        most_printed=reading_evidence.MOST_PRINTED,
        person_count=len(found.by_person()),
    )


def _file(data: bytes, kind: str, name: str, count: int, what: str = "reading, evidence"):
    replace_reading(AuditAct.EXPORTED, what, detail={"rows": count})
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/evidence.csv")
@allowed(Do.SEE_READING)
@proven
def evidence_csv():
    _, wanted = read()
    found = reading_evidence.evidence(wanted, viewer=viewer())
    name = f"reading-{clock.today().isoformat()}.csv"
    return _file(reading_evidence.csv(found), "text/csv; charset=utf-8", name, len(found.lines))


@bp.get("/evidence.xlsx")
@allowed(Do.SEE_READING)
@proven
def evidence_xlsx():
    state, wanted = read()
    found = reading_evidence.evidence(wanted, viewer=viewer())
    data = reading_evidence.xlsx(found, viewer=viewer(), at=clock.now(), narrowed=_narrowed(state))
    return _file(data, XLSX, f"reading-{clock.today().isoformat()}.xlsx", len(found.lines))


def _print(as_file):
    state, wanted = read()
    found = reading_evidence.evidence(wanted, viewer=viewer(), most=reading_evidence.MOST_PRINTED)
    replace_reading(
        AuditAct.EXPORTED if as_file else AuditAct.PRINTED,
        "reading, evidence",
        detail={"rows": len(found.lines)},
    )
    return render_template(
        "reading/evidence_print.html",
        state=state,
        found=found,
        narrowed=_narrowed(state),
        figures=reading_evidence.figures_table(found.figures, today=clock.today()),
        stands=reading_evidence.stands,
        most=reading_evidence.MOST_PRINTED,
        printed_at=clock.now(),
    )


@bp.get("/evidence")
@allowed(Do.SEE_READING)
def evidence_print():
    return make_response(_print(as_file=False))


@bp.get("/evidence.pdf")
@allowed(Do.SEE_READING)
@proven
def evidence_pdf():
    return pdf.answer(_print(as_file=True), f"reading-{clock.today().isoformat()}.pdf")


# --- one person's record ------------------------------------------------------------------------------------------


def _record(reader, as_file):
    state = ENTRIES.read(request.args, {"user_id": reader.id})
    record = reading_evidence.record(reader, viewer=viewer(), purpose=state["purpose"])
    replace_reading(
        AuditAct.EXPORTED if as_file else AuditAct.PRINTED,
        "what was read",
        detail={"reader": reader.id, "rows": len(record.entries)},
    )
    return render_template(
        "reading/record_print.html",
        record=record,
        reader=reader,
        state=state,
        narrowed=_narrowed(state),
        purpose=reading_evidence.purpose,
        entry_words=reading_evidence.entry_words,
        stands=reading_evidence.stands,
        said=reading_evidence.said,
        printed_at=clock.now(),
    )


@bp.get("/staff/<id:user_id>/record")
@on_reader(Do.SEE_STAFF_READING, "what was read")
def record_print(reader):
    return make_response(_record(reader, as_file=False))


@bp.get("/staff/<id:user_id>/record.pdf")
@on_reader(Do.SEE_STAFF_READING, "what was read")
@proven
def record_pdf(reader):
    return pdf.answer(_record(reader, as_file=True), f"reading-record-{clock.today().isoformat()}.pdf")


@bp.get("/staff/<id:user_id>/record.csv")
@on_reader(Do.SEE_STAFF_READING, "what was read")
@proven
def record_csv(reader):
    state = ENTRIES.read(request.args, {"user_id": reader.id})
    record = reading_evidence.record(reader, viewer=viewer(), purpose=state["purpose"])
    rows = reading_evidence.record_rows(record.entries)
    return _file(
        csv_bytes(reading_evidence.RECORD, rows),
        "text/csv; charset=utf-8",
        f"reading-record-{clock.today().isoformat()}.csv",
        len(rows),
        what="what was read",
    )
