"""Bringing a version out, throwing a draft away, withdrawing a chapter and bringing it back."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import PublishForm, WithdrawForm
from caseapp.chapter_text import as_plain, lines_changed
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import chapters
from caseapp.services import chapter_versions
from caseapp.services import chapters as writing
from caseapp.vocabulary import ChapterChange
from caseapp.web.access import on_chapter
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


@bp.get("/<id:chapter_id>/publish")
@on_chapter(Do.EDIT_CHAPTER)
def publish(chapter):
    draft = chapters.draft(chapter.id, viewer=viewer())
    if draft is None:
        return saved(url_for("procedures.show", chapter_id=chapter.id))
    form = PublishForm(formdata=None, version=str(draft.lock), changed=draft.changed)
    form.next_revision_on.process(None, _head(chapter).next_revision_on)
    form.offer(first=not chapter.published)
    return page("procedures/publish.html", form=form, **_context(chapter, draft))


@bp.post("/<id:chapter_id>/publish")
@on_chapter(Do.EDIT_CHAPTER)
def publish_now(chapter):
    form, draft = PublishForm(), chapters.draft(chapter.id, viewer=viewer())
    form.offer(first=not chapter.published)
    if form.validate_on_submit() and form.accepts(
        chapter_versions.publish,
        chapter,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        change=_change(form),
        changed=form.changed.data,
        effective_on=form.effective_on.data,
        read_by=form.read_by.data,
        next_revision_on=form.next_revision_on.data,
    ):
        return saved(
            url_for("procedures.show", chapter_id=chapter.id),
            say="Published. Whoever has to read it again is told under News."
            if _change(form) is ChapterChange.READ_AGAIN
            else "Published.",
        )
    if draft is None:  # thrown away, or published by somebody else meanwhile
        return saved(
            url_for("procedures.show", chapter_id=chapter.id),
            say="There is no draft any more: somebody published it or threw it away.",
        )
    if form.stale:
        form.version.data = str(draft.lock)
    return refused("procedures/publish.html", form=form, **_context(chapter, draft))


def _change(form):
    known = {one.value: one for one in (ChapterChange.READ_AGAIN, ChapterChange.MINOR)}
    return known.get(form.change.data or "", ChapterChange.FIRST)


def _context(chapter, draft):
    before = chapters.version(chapter.id, viewer=viewer()) if chapter.published else None
    return {
        "chapter": _head(chapter),
        "draft": draft,
        "before": before,
        "lines": lines_changed(as_plain(before.text), as_plain(draft.text)) if before else 0,
        "today": clock.today(),
    }


def _head(chapter):
    head = chapters.head(chapter.id, viewer=viewer())
    if head is None:
        raise NotVisible
    return head


@bp.get("/<id:chapter_id>/draft/drop")
@on_chapter(Do.EDIT_CHAPTER)
def ask_drop(chapter):
    draft = chapters.draft(chapter.id, viewer=viewer())
    if draft is None:
        return saved(url_for("procedures.show", chapter_id=chapter.id))
    form = PublishForm(formdata=None, version=str(draft.lock))
    return page("procedures/drop.html", form=form, chapter=_head(chapter), draft=draft)


@bp.post("/<id:chapter_id>/draft/drop")
@on_chapter(Do.EDIT_CHAPTER)
def drop(chapter):
    form = PublishForm()
    there = (
        url_for("procedures.show", chapter_id=chapter.id)
        if chapter.published
        else url_for("procedures.index")
    )
    if form.accepts(
        chapter_versions.drop_draft,
        chapter,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
    ):
        return saved(there, say="The draft is gone.")
    draft = chapters.draft(chapter.id, viewer=viewer())
    if draft is None:
        return saved(there)
    form.version.data = str(draft.lock)
    return refused("procedures/drop.html", form=form, chapter=_head(chapter), draft=draft)


@bp.get("/<id:chapter_id>/withdraw")
@on_chapter(Do.EDIT_CHAPTER)
def withdraw(chapter):
    return page("procedures/withdraw.html", form=WithdrawForm(formdata=None), chapter=_head(chapter))


@bp.post("/<id:chapter_id>/withdraw")
@on_chapter(Do.EDIT_CHAPTER)
def withdraw_now(chapter):
    form = WithdrawForm()
    if form.validate_on_submit() and form.accepts(
        writing.withdraw, chapter, actor=viewer(), at=clock.now(), reason=form.reason.data
    ):
        return saved(
            url_for("procedures.show", chapter_id=chapter.id),
            say="Withdrawn. Nobody is asked to read it any more; what was confirmed stays on record.",
        )
    return refused("procedures/withdraw.html", form=form, chapter=_head(chapter))


@bp.post("/<id:chapter_id>/bring-back")
@on_chapter(Do.EDIT_CHAPTER)
def bring_back(chapter):
    form = Form()
    if form.accepts(writing.bring_back, chapter, actor=viewer(), at=clock.now()):
        return saved(url_for("procedures.show", chapter_id=chapter.id), say="Back in the handbook.")
    withdrawal = WithdrawForm(formdata=None)
    withdrawal.form_errors = [*withdrawal.form_errors, *form.form_errors, *form.errors.get("number", [])]
    return refused("procedures/withdraw.html", form=withdrawal, chapter=_head(chapter))
