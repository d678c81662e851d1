"""The record of who looked: searched, saved as a file, printed. Reading it is itself written down."""

from dataclasses import dataclass

from flask import make_response, request

from caseapp import clock, ids, references
from caseapp.blueprints.privacy import bp
from caseapp.blueprints.privacy.lists import RECORD, day_of, id_of
from caseapp.policy.do import Do
from caseapp.policy.privacy import find_record
from caseapp.queries import audit_search, saved_views
from caseapp.queries.audit_search import OTHERS, OURS, Mark, Wanted
from caseapp.sheets import csv_bytes
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, note_reading, replace_reading
from caseapp.web.answers import page
from caseapp.web.lists import EXPORT_MOST
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

HEADINGS = ("When", "Who", "Agency", "What was done", "What", "How much", "Case", "Ground")
#: A print is for the desk, not for the archive.
PRINT_MOST = 500
#: A file goes on looking over so many stretches of the record.
STRETCHES_MOST = 25


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for; `trouble` where it names a case that the viewer does not look after."""

    state: object
    wanted: Wanted
    served: list
    trouble: str = ""


def _asked(args) -> _Asked:
    who = viewer()
    served = audit_search.agencies(viewer=who)
    agency_id = id_of(args.get("agency", "")) if len(served) > 1 else None
    if agency_id not in {one.id for one in served}:
        agency_id = None
    staff = audit_search.staff(viewer=who, agency_id=agency_id)
    ours = "Staff of all agencies" if len(served) > 1 else "Our staff"
    state = RECORD.read(
        args,
        agency=(
            ("", ours),
            (OTHERS, "Others, on cases we lead"),
            *(((ids.written(one.id), one.name) for one in served) if len(served) > 1 else ()),
        ),
        staff=(("", "Everybody"), *((ids.written(one), name) for one, name in staff)),
    )
    record, trouble = None, ""
    if state["reference"]:
        reference = references.parse(state["reference"])
        record = reference and find_record(who, reference)
        if record is None:
            trouble = f"There is no case with the reference {state['reference']} that you look after."
    act = AuditAct(state["act"]) if state["act"] else None
    wanted = Wanted(
        record,
        id_of(state["staff"]),
        OTHERS if state["agency"] == OTHERS else agency_id or OURS,
        act,
        state["ground"],
        day_of(state["since"]),
        day_of(state["until"]),
        state["words"],
    )
    return _Asked(state, wanted, served, trouble)


def _mark(text: str) -> Mark | None:
    """The place from which to go on, as the link of the page before wrote it."""
    moment, _, entry = text.partition("-")
    entry_id = id_of(entry)
    if entry_id is None or not moment.isascii() or not moment.isdigit() or len(moment) > 16:
        return None
    try:
        return Mark(clock.from_micros(int(moment)), entry_id)
    except (OverflowError, ValueError):
        return None


def _written(mark: Mark) -> str:
    return f"{clock.micros(mark.at)}-{ids.written(mark.id)}"


def _note(asked, entries, act=AuditAct.SEARCHED, note=note_reading):
    """Which cases were named, in the officer's own part of the record: whoever is asked about is not warned by it."""
    named = sorted({one.case_id for one in entries if one.case_id})
    note(act, "the access record", detail={"named": named, "entries": len(entries)})


@bp.get("/record")
@allowed(Do.SEARCH_AUDIT)
def record():
    asked = _asked(request.args)
    before = _mark(request.args.get("before", ""))
    found = None if asked.trouble else audit_search.search(asked.wanted, viewer=viewer(), before=before)
    if found and found.entries:
        _note(asked, found.entries)
    state = asked.state
    return page(
        "privacy/record.html",
        state=state,
        found=found,
        trouble=asked.trouble,
        started=before is not None,
        older=state.url(before=_written(found.older)) if found and found.older else None,
        served={one.name for one in asked.served},
        record=asked.wanted.record,
        views=saved_views.of_list(RECORD.name, viewer=viewer()),
        one_agency=len(asked.served) == 1,
        written=ids.written,
    )


def _everything(asked, most):
    """Up to one more than `most` entries, stretch after stretch; and how far back was looked, None for all."""
    entries, before = [], None
    if asked.trouble:
        return entries, None
    for _ in range(STRETCHES_MOST):
        found = audit_search.search(
            asked.wanted, viewer=viewer(), before=before, limit=most + 1 - len(entries)
        )
        entries += found.entries
        before = found.older
        if before is None or len(entries) > most:
            return entries, None
    return entries, before.at


@bp.get("/record.csv")
@allowed(Do.EXPORT_AUDIT)
@proven
def record_csv():
    asked = _asked(request.args)
    entries, reached = _everything(asked, EXPORT_MOST)
    left_out = len(entries) > EXPORT_MOST
    entries = entries[:EXPORT_MOST]
    rows = [
        (
            clock.local(one.at),
            one.who or "Nobody signed in",
            one.agency,
            one.act.label,
            one.what,
            one.size,
            references.say(one.reference) if one.reference else "",
            one.ground,
        )
        for one in entries
    ]
    if left_out:
        rows.append(
            (f"Only the first {EXPORT_MOST:,} entries are here. Narrow the search to get the others.",)
        )
    elif reached:
        rows.append(
            (
                f"Looked back as far as {clock.local(reached):%Y-%m-%d %H:%M}. Narrow the search to get older ones.",
            )
        )
    _note(asked, entries, AuditAct.EXPORTED, replace_reading)
    response = make_response(csv_bytes(HEADINGS, rows))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="access-record-{clock.today().isoformat()}.csv"'
    )
    return response


@bp.get("/record/print")
@allowed(Do.EXPORT_AUDIT)
@proven
def record_print():
    asked = _asked(request.args)
    entries, reached = _everything(asked, PRINT_MOST)
    left_out = len(entries) > PRINT_MOST
    entries = entries[:PRINT_MOST]
    _note(asked, entries, AuditAct.PRINTED, replace_reading)
    return page(
        "privacy/record_print.html",
        state=asked.state,
        narrowed=narrowed(asked.state),
        entries=entries,
        left_out=left_out,
        reached=reached,
        most=PRINT_MOST,
        printed_at=clock.now(),
        back=asked.state.url(),
    )


def narrowed(state) -> list[str]:
    """The filters that are on, in words."""
    words = []
    for one in state.filters:
        if (value := state[one.name]) != one.default:
            words.append(f"{one.label}: {dict(getattr(one, 'options', ())).get(value, value)}")
    return words
