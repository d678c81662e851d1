"""Confirming what was read (screen 09b). The form carries the versions that it showed: those are confirmed, also where
a newer one has come out since."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import ConfirmForm, MistakeForm
from caseapp.chapter_text import as_plain, lines_changed
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import chapters, own_reading
from caseapp.services import confirmations
from caseapp.vocabulary import ConfirmationKind, ReadingPurpose
from caseapp.web.access import allowed, on_receipt
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.sessions import viewer

#: No more chapters than this stand on one form.
MOST = 40


@bp.get("/confirm")
@allowed(Do.READ_HANDBOOK)
def confirm():
    form = ConfirmForm(formdata=None)
    asked = _numbers(request.args.getlist("v"))
    form.versions.data = [str(one) for one in asked]
    return page("procedures/confirm.html", form=form, **_context(form, asked))


@bp.post("/confirm")
@allowed(Do.READ_HANDBOOK)
def confirm_now():
    form = ConfirmForm()
    shown = _numbers((form.offered.data or "").split())
    if (
        form.validate_on_submit()
        and _known_purpose(form)
        and form.accepts(
            confirmations.confirm,
            form.chosen(),
            actor=viewer(),
            at=clock.now(),
            read_on=form.read_on.data,
            purpose=ReadingPurpose(form.purpose.data),
            purpose_other=form.purpose_other.data,
            stated=form.stated.data,
            comment=form.comment.data,
        )
    ):
        if form.result_id is None:
            return saved(url_for("procedures.my_reading"))
        return saved(url_for("procedures.receipt", receipt_id=form.result_id))
    return refused("procedures/confirm.html", form=form, **_context(form, [*shown, *form.chosen()]))


def _known_purpose(form) -> bool:
    if form.purpose.data in {one.value for one in ReadingPurpose}:
        return True
    form.reject("Choose one of the list", "purpose")
    return False


def _numbers(texts) -> list[int]:
    found = [number(text) for text in texts[:MOST]]
    return list(dict.fromkeys(n for n in found if n))


def _context(form, asked) -> dict:
    """The chapters asked for, then what the viewer is asked to read; each in the version that was shown."""
    chosen = own_reading.chosen(asked, viewer=viewer())
    seen = {one.chapter_id for one in chosen}
    open_ = [one for one in own_reading.to_read(viewer=viewer(), limit=MOST) if one.chapter_id not in seen]
    choices = (chosen + open_)[:MOST]
    form.offered.data = " ".join(str(one.version_id) for one in choices)
    form.versions.choices = {str(one.version_id): one.title for one in choices}
    ticked = set(form.versions.data or [])
    receipts, _ = own_reading.lines(viewer=viewer(), limit=4)
    return {
        "choices": choices,
        "ticked": ticked,
        "newer": [(one, _lines(one)) for one in choices if one.newer],
        "who": own_reading.record(viewer=viewer()),
        "receipts": receipts,
        "statement": confirmations.STATEMENT,
        "today": clock.today(),
    }


def _lines(choice) -> int:
    """How many lines are new in the version that holds now."""
    was = chapters.version(choice.chapter_id, viewer=viewer(), number=choice.version)
    now = chapters.version(choice.chapter_id, viewer=viewer(), number=choice.newer)
    return lines_changed(as_plain(was.text), as_plain(now.text)) if was and now else 0


@bp.get("/receipts/<id:receipt_id>")
@on_receipt(Do.READ_RECEIPT)
def receipt(receipt):
    return page("procedures/receipt.html", receipt=_receipt(receipt), who=own_reading.record(viewer=viewer()))


@bp.get("/receipts/<id:receipt_id>/mistake")
@on_receipt(Do.TAKE_BACK_READING)
def mistake(receipt):
    whole = _receipt(receipt)
    return page("procedures/mistake.html", form=_offered(MistakeForm(formdata=None), whole), receipt=whole)


@bp.post("/receipts/<id:receipt_id>/mistake")
@on_receipt(Do.TAKE_BACK_READING)
def take_back(receipt):
    whole = _receipt(receipt)
    form = _offered(MistakeForm(), whole)
    if form.validate_on_submit() and form.accepts(
        confirmations.take_back,
        receipt.id,
        [n for one in form.lines.data or [] if (n := number(one))],
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
    ):
        return saved(
            url_for("procedures.receipt", receipt_id=form.result_id or receipt.id),
            say="Added to the record: these entries do not count. Nothing was deleted.",
        )
    return refused("procedures/mistake.html", form=form, receipt=whole)


def _receipt(receipt):
    whole = own_reading.receipt(receipt.id, viewer=viewer())
    if whole is None:
        raise NotVisible
    return whole


def _offered(form, whole):
    form.lines.choices = {
        str(one.id): f"{one.number} {one.title}, version {one.version}"
        for one in whole.lines
        if one.counts and whole.kind is ConfirmationKind.READ
    }
    return form
