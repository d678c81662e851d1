"""Writing: a new chapter, its place in the handbook, the draft of its next version."""

from flask import request, url_for

from caseapp import clock
from caseapp import settings_catalogue as catalogue
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import HeadForm, NewForm, WordsForm
from caseapp.blueprints.procedures.views.reading import words_of
from caseapp.errors import NotVisible, RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import chapter_list, chapters, handbook
from caseapp.services import chapter_files, chapter_versions
from caseapp.services import chapters as writing
from caseapp.vocabulary import ChapterForm
from caseapp.web.access import allowed, on_chapter
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import clean
from caseapp.web.sessions import viewer

WORDS = ("title", "about", "text", "link", "quality_theme", "we_statement", "i_statement")


@bp.get("/new")
@allowed(Do.EDIT_HANDBOOK)
def new():
    return page("procedures/new.html", form=_offered(NewForm(formdata=None)), **_help())


@bp.post("/new")
@allowed(Do.EDIT_HANDBOOK)
def create():
    form = _offered(NewForm())
    if form.validate_on_submit() and form.accepts(_create, form, actor=viewer(), at=clock.now()):
        return saved(
            url_for("procedures.edit_draft", chapter_id=form.result_id),
            say="Kept as a draft. Only editors see it until you publish it.",
        )
    return refused("procedures/new.html", form=form, **_help())


def _create(form, *, actor, at):
    words = form.words() | _file(form, actor, at)
    return writing.create(actor=actor, at=at, **form.head(), **words)


@bp.get("/<id:chapter_id>/edit")
@on_chapter(Do.EDIT_CHAPTER)
def edit(chapter):
    head = _head(chapter)
    form = HeadForm(
        formdata=None,
        version=str(head.version),
        number=head.number,
        area=head.area.value,
        family=head.family,
        editor_id=head.editor_id,
        next_revision_on=head.next_revision_on,
        steps=chapters.steps(chapter.id),
        related=[str(one.id) for one in chapter_list.related(chapter.id, viewer=viewer())],
    )
    return page("procedures/edit.html", form=_offered(form, chapter.id), chapter=head)


@bp.post("/<id:chapter_id>/edit")
@on_chapter(Do.EDIT_CHAPTER)
def save_head(chapter):
    form = _offered(HeadForm(), chapter.id)
    if form.validate_on_submit() and form.accepts(
        writing.change_head,
        chapter,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **form.head(),
    ):
        return saved(
            url_for("procedures.show", chapter_id=chapter.id), say="Saved. Nobody need read it again."
        )
    if form.stale:
        form.version.data = str(form.stale.version or _head(chapter).version)
    return refused("procedures/edit.html", form=form, chapter=_head(chapter))


@bp.get("/<id:chapter_id>/draft")
@on_chapter(Do.EDIT_CHAPTER)
def edit_draft(chapter):
    """The words of the next version: the draft if there is one, else those of the newest version."""
    draft = chapters.draft(chapter.id, viewer=viewer())
    source = draft or chapters.version(chapter.id, viewer=viewer())
    form = WordsForm(
        formdata=None,
        version=str(draft.lock if draft else 0),
        form=source.form.value,
        **{name: getattr(source, name) for name in WORDS},
    )
    return page("procedures/draft.html", form=form, **_draft_context(chapter, draft, source))


@bp.post("/<id:chapter_id>/draft")
@on_chapter(Do.EDIT_CHAPTER)
def save_draft(chapter):
    form = WordsForm()
    draft = chapters.draft(chapter.id, viewer=viewer())
    source = draft or chapters.version(chapter.id, viewer=viewer())
    if form.validate_on_submit() and form.accepts(
        _write, chapter, form, source, actor=viewer(), at=clock.now()
    ):
        if request.form.get("next") == "publish":
            return saved(url_for("procedures.publish", chapter_id=chapter.id))
        return saved(
            url_for("procedures.preview", chapter_id=chapter.id), say="Draft saved. This is how it will read."
        )
    if form.stale:
        form.version.data = str(form.stale.version or 0)
    return refused("procedures/draft.html", form=form, **_draft_context(chapter, draft, source))


def _write(chapter, form, source, *, actor, at):
    words = form.words()
    if words["form"] is ChapterForm.FILE:
        words |= _file(form, actor, at) or {"file_id": source.file_id}
    else:
        words["file_id"] = None
    return chapter_versions.write_draft(chapter, actor=actor, at=at, version=form.seen_version, **words)


def _file(form, actor, at) -> dict:
    """The file that came with the form, kept; nothing where none was chosen."""
    upload = form.file.data
    if (
        ChapterForm(form.form.data) is not ChapterForm.FILE
        or not upload
        or not getattr(upload, "filename", "")
    ):
        return {}
    data = upload.read(chapter_files.MOST_BYTES + 1)
    if not data:
        raise RuleBroken("This file is empty", "file")
    return {"file_id": chapter_files.keep(data, name=clean(upload.filename), actor=actor, at=at)}


@bp.get("/<id:chapter_id>/draft/preview")
@on_chapter(Do.EDIT_CHAPTER)
def preview(chapter):
    draft = chapters.draft(chapter.id, viewer=viewer())
    if draft is None:
        return saved(url_for("procedures.show", chapter_id=chapter.id))
    return page(
        "procedures/preview.html",
        chapter=_head(chapter),
        text=draft,
        published=chapter.published,
        **words_of(draft),
    )


def _draft_context(chapter, draft, source):
    return {"chapter": _head(chapter), "draft": draft, "source": source, **_help()}


def _head(chapter):
    head = chapters.head(chapter.id, viewer=viewer())
    if head is None:
        raise NotVisible
    return head


def _help():
    """The blanks that a text may have, with what stands in them now."""
    known = handbook.blanks(viewer().agency_id)
    return {
        "blanks": [
            (key, known[key].title, known[key].words)
            for key, setting in catalogue.catalogue().items()
            if setting.cfg != "CFG-16"
        ],
        "accepted": chapter_files.ACCEPTED,
    }


def _offered(form, chapter_id=None):
    form.offer(chapter_list.editors(viewer=viewer()), chapter_list.choices(viewer=viewer(), but=chapter_id))
    return form
