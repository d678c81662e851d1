"""Case notes: read, write, correct by a further note, show to one agency."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import NoteFilter, NoteForm, ShareForm
from caseapp.blueprints.cases.record import around, page_number, pages
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import case_notes
from caseapp.services import case_notes as acts
from caseapp.vocabulary import NoteKind
from caseapp.web import sealed
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


def _may(case):
    return {
        "may_write": rules.may(viewer(), Do.WRITE_NOTE, case),
        "may_share": rules.may(viewer(), Do.EDIT_CASE, case),
    }


def _row(case, note_id):
    """What the fragment of one note needs."""
    note = case_notes.note(case, note_id, viewer=viewer())
    if note is None:
        abort(404)
    return {
        "note": note,
        "case": case,
        "agencies": case_notes.sharing_agencies(case, viewer=viewer()),
        **_may(case),
    }


@bp.get("/cases/<ref:reference>/notes")
@on_case(Do.VIEW_NOTES, "the case notes")
def notes(case):
    form = NoteFilter(request.args)
    form.author.offer(case_notes.authors(case, viewer=viewer()))
    narrowed = case_notes.Filter(
        form.kind.data if form.kind.data in set(NoteKind) else "",
        form.sector.data or "",
        form.author.data,
        (form.words.data or "")[:200],
    )
    number = page_number()
    found, total = case_notes.notes(case, viewer=viewer(), narrowed=narrowed, page=number)
    every = total if not narrowed else case_notes.notes(case, viewer=viewer(), size=1)[1]
    kept = {
        "kind": narrowed.kind,
        "sector": narrowed.sector,
        "author": narrowed.author,
        "words": sealed.seal(narrowed.words),
    }
    return page(
        "cases/notes.html",
        form=form,
        notes=found,
        narrowed=bool(narrowed),
        hidden=every - total,
        pages=pages(number, total, case_notes.PAGE, "cases.notes", reference=case.reference, **kept),
        agencies=case_notes.sharing_agencies(case, viewer=viewer()) if case.sees_all else [],
        **_may(case),
        **around(case),
    )


@bp.get("/cases/<ref:reference>/notes/new")
@on_case(Do.WRITE_NOTE, "the form to write a note")
def new_note(case):
    kind = request.args.get("kind", "")
    form = NoteForm(
        formdata=None, data={"day": clock.today(), "kind": kind if kind in set(NoteKind) else None}
    )
    return page("cases/new_note.html", form=form, corrects=None, **around(case))


@bp.post("/cases/<ref:reference>/notes")
@on_case(Do.WRITE_NOTE, "the form to write a note")
def create_note(case):
    return _write(case, None)


@bp.get("/cases/<ref:reference>/notes/<id:note_id>/correct")
@on_case(Do.WRITE_NOTE, "a case note")
def correct_note(case, note_id):
    note = _row(case, note_id)["note"]
    data = {
        "kind": note.kind,
        "day": clock.local_day(note.happened_at),
        "place": note.place,
        "sector": note.sector,
    }
    local = clock.local(note.happened_at)
    form = NoteForm(formdata=None, data=data | {"hour": f"{local.hour}:{local.minute:02}"})
    return page("cases/new_note.html", form=form, corrects=note, **around(case))


@bp.post("/cases/<ref:reference>/notes/<id:note_id>/correct")
@on_case(Do.WRITE_NOTE, "a case note")
def save_correction(case, note_id):
    return _write(case, _row(case, note_id)["note"])


def _write(case, corrects):
    form = NoteForm()
    if form.validate_on_submit() and form.accepts(
        acts.write,
        case,
        actor=viewer(),
        at=clock.now(),
        kind=form.kind.data,
        happened_at=form.happened_at,
        place=form.place.data,
        sector=form.sector.data,
        text=form.text.data,
        corrects_id=corrects and corrects.id,
    ):
        return saved(url_for("cases.notes", reference=case.reference), say="The note is written.")
    return refused("cases/new_note.html", form=form, corrects=corrects, **around(case))


@bp.get("/cases/<ref:reference>/notes/<id:note_id>/share")
@on_case(Do.EDIT_CASE, "a case note")
def share_note(case, note_id):
    row = _row(case, note_id)
    form = ShareForm()
    form.agency_id.offer(row["agencies"])
    return page("cases/share_note.html", form=form, note=row["note"], **around(case))


@bp.post("/cases/<ref:reference>/notes/<id:note_id>/share")
@on_case(Do.EDIT_CASE, "a case note")
def save_share(case, note_id):
    row = _row(case, note_id)
    form = ShareForm()
    form.agency_id.offer(row["agencies"])
    if form.validate_on_submit() and form.accepts(
        acts.share, case, actor=viewer(), at=clock.now(), note_id=note_id, agency_id=form.agency_id.data
    ):
        return saved(_notes_url(case, note_id), say="The note is shown to that agency.")
    return refused("cases/share_note.html", form=form, note=row["note"], **around(case))


@bp.post("/cases/<ref:reference>/notes/<id:note_id>/share/<id:agency_id>/stop")
@on_case(Do.EDIT_CASE, "a case note")
def stop_sharing_note(case, note_id, agency_id):
    acts.stop_sharing(case, actor=viewer(), at=clock.now(), note_id=note_id, agency_id=agency_id)
    say = "That agency no longer sees the note."
    return saved(_notes_url(case, note_id), "cases/_note.html", say=say, **_row(case, note_id))


def _notes_url(case, note_id):
    from caseapp.ids import written

    return url_for("cases.notes", reference=case.reference, _anchor=f"note-{written(note_id)}")
