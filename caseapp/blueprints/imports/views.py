"""Upload a sheet, look at what it would do, say what its names mean, confirm or drop it."""

from dataclasses import dataclass

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.imports import bp
from caseapp.blueprints.imports.forms import ConfirmForm, UploadForm
from caseapp.errors import NotVisible, RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import imports as reads
from caseapp.queries import settings
from caseapp.services import imports
from caseapp.services.imports_plan import Outcome
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, note_reading
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form, clean
from caseapp.web.sessions import viewer

ROWS = 100

#: Which rows a preview can show: address value → label, outcomes.
VIEWS = {
    "all": ("All rows", frozenset(Outcome)),
    "new": ("To import", frozenset({Outcome.NEW})),
    "look": ("To look at", frozenset({Outcome.ERROR, Outcome.ASK, Outcome.LEFT})),
    "same": ("Nothing new", frozenset({Outcome.SAME})),
}


@dataclass(frozen=True)
class Pages:
    """Which rows of a preview are shown, for components/pagination.html."""

    batch_id: int
    show: str
    number: int
    pages: int
    total: int

    def url(self, number: int) -> str:
        return url_for("imports.show", batch_id=self.batch_id, show=self.show, page=number)


@bp.get("")
@allowed(Do.IMPORT_CASELOAD)
def index():
    form = UploadForm()
    form.protocol.data = settings.value(viewer().agency_id, "protocol")
    return page("imports/index.html", form=form, batches=reads.batches(viewer=viewer()))


@bp.post("")
@allowed(Do.IMPORT_CASELOAD)
def upload():
    form = UploadForm()
    if form.validate_on_submit() and form.accepts(
        imports.upload,
        actor=viewer(),
        at=clock.now(),
        file_name=clean(form.file.data.filename or ""),
        data=_bytes_of(form.file.data),
        protocol_key=form.protocol.data,
    ):
        return saved(url_for("imports.show", batch_id=form.result_id))
    return refused("imports/index.html", form=form, batches=reads.batches(viewer=viewer()))


@bp.get("/<id:batch_id>")
@allowed(Do.IMPORT_CASELOAD)
def show(batch_id):
    batch = _batch(batch_id)
    if not batch.open:
        return page("imports/done.html", batch=batch, kept=imports.KEPT)
    plan = imports.preview(batch_id, actor=viewer(), at=clock.now())
    return page("imports/preview.html", **_context(batch, plan, _confirming(plan)))


@bp.post("/<id:batch_id>/choices")
@allowed(Do.IMPORT_CASELOAD)
def choose(batch_id):
    batch, form = _batch(batch_id), Form()
    here = url_for("imports.show", batch_id=batch_id)
    if not batch.open:
        return saved(here)
    plan = imports.preview(batch_id, actor=viewer(), at=clock.now())
    answers = {}
    for question in plan.questions:
        if question.field in request.form:
            answers.setdefault(question.kind, {})[question.key] = request.form[question.field][:60]
    if form.validate_on_submit() and form.accepts(
        imports.choose, batch_id, actor=viewer(), at=clock.now(), answers=answers
    ):
        return saved(here, say="Kept. The rows below read anew.")
    confirming = _confirming(plan)
    confirming.form_errors = [*confirming.form_errors, *form.form_errors]
    return refused("imports/preview.html", **_context(batch, plan, confirming))


@bp.post("/<id:batch_id>/confirmation")
@allowed(Do.IMPORT_CASELOAD)
def confirm(batch_id):
    _batch(batch_id)
    form = ConfirmForm()
    if form.validate_on_submit() and form.accepts(
        imports.confirm,
        batch_id,
        actor=viewer(),
        at=clock.now(),
        seen=form.seen.data or "",
        without_errors=form.without_errors.data,
    ):
        return saved(url_for("imports.show", batch_id=batch_id), say="Imported.")
    return _again(batch_id, form)


@bp.post("/<id:batch_id>/removal")
@allowed(Do.IMPORT_CASELOAD)
def drop(batch_id):
    _batch(batch_id)
    form = Form()
    if form.validate_on_submit() and form.accepts(imports.drop, batch_id, actor=viewer(), at=clock.now()):
        return saved(url_for("imports.index"), say="The sheet was dropped. Nothing was imported from it.")
    return _again(batch_id, form)


def _bytes_of(file):
    with file.stream:
        return file.stream.read()


def _again(batch_id, form):
    """What was not done, over the sheet as it reads now; or over its outcome, where somebody was faster."""
    batch = _batch(batch_id)
    if not batch.open:
        return refused("imports/done.html", form=form, batch=batch, kept=imports.KEPT)
    try:
        plan = imports.preview(batch_id, actor=viewer(), at=clock.now())
    except RuleBroken as why:
        upload_form = UploadForm(formdata=None)
        upload_form.reject(str(why))
        return refused("imports/index.html", form=upload_form, batches=reads.batches(viewer=viewer()))
    confirming = _confirming(plan)
    if isinstance(form, ConfirmForm):
        form.seen.data, confirming = plan.print, form
    else:
        confirming.form_errors = [*form.form_errors]
    return refused("imports/preview.html", **_context(batch, plan, confirming))


def _batch(batch_id):
    batch = reads.batch(batch_id, viewer=viewer())
    if batch is None:
        raise NotVisible
    return batch


def _confirming(plan):
    form = ConfirmForm(formdata=None)
    form.seen.data = plan.print
    return form


def _context(batch, plan, form):
    """What the preview shows; the people on record whom it names go into the access record."""
    asked = request.args.get("show", "all")
    which = asked if asked in VIEWS else "all"
    rows = [row for row in plan.rows if row.outcome in VIEWS[which][1]]
    pages = max(1, -(-len(rows) // ROWS))
    text = request.args.get("page", "")
    number = min(max(int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1, 1), pages)
    known = sorted({case.known.id for case in plan.cases if case.known})
    if known:
        note_reading(
            AuditAct.LISTED,
            "import preview",
            detail={"people": [str(one) for one in known], "batch": str(batch.id)},
        )
    return {
        "batch": batch,
        "plan": plan,
        "counts": plan.counts,
        "form": form,
        "choosing": Form(formdata=None),
        "dropping": Form(formdata=None),
        "rows": rows[(number - 1) * ROWS : number * ROWS],
        "views": [
            (key, label, sum(row.outcome in outcomes for row in plan.rows))
            for key, (label, outcomes) in VIEWS.items()
        ],
        "which": which,
        "pager": Pages(batch.id, which, number, pages, len(rows)),
    }
