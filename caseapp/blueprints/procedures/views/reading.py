"""One chapter: in the version in force or another, its versions, what differs between two, its file, on paper."""

from urllib.parse import quote

from flask import abort, make_response, request, url_for

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import AidsForm
from caseapp.chapter_text import as_html, as_plain, difference, fill
from caseapp.errors import NotVisible
from caseapp.policy import chapters as policy
from caseapp.policy.do import Do
from caseapp.queries import chapter_list, chapters, handbook, own_reading
from caseapp.queries.staff import history
from caseapp.services import reading_aids
from caseapp.vocabulary import ChapterForm, PageTint, TextSize
from caseapp.web.access import on_chapter, signed_in
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import keep_aids, local_path, viewer


@bp.get("/<id:chapter_id>")
@on_chapter(Do.READ_CHAPTER)
def show(chapter):
    return _shown(chapter, chapters.version(chapter.id, viewer=viewer()))


@bp.get("/<id:chapter_id>/versions/<int:number>")
@on_chapter(Do.READ_CHAPTER)
def version(chapter, number):
    found = chapters.version(chapter.id, viewer=viewer(), number=number)
    if found is None:
        raise NotVisible
    return _shown(chapter, found)


def _shown(chapter, text):
    if text is None:  # only a draft yet, which only editors see
        return saved(url_for("procedures.edit_draft", chapter_id=chapter.id))
    head, today = chapters.head(chapter.id, viewer=viewer()), clock.today()
    if head is None:
        raise NotVisible
    now = text if text.in_force(today) else chapters.version(chapter.id, viewer=viewer())
    mine, total = own_reading.feedback(viewer=viewer(), which="all", chapter_id=chapter.id, own=True, limit=3)
    edits = policy.edits(viewer())
    return page(
        "procedures/show.html",
        chapter=head,
        text=text,
        now=now,
        reading=chapters.standing(chapter.id, viewer=viewer()),
        related=chapter_list.related(chapter.id, viewer=viewer()),
        steps=[library.STEPS[step] for step in chapters.steps(chapter.id) if step in library.STEPS],
        family=library.families().get(head.family, ""),
        mine=mine,
        feedback_total=total,
        edits=edits,
        draft=chapters.draft(chapter.id, viewer=viewer()) if edits else None,
        newer_edition=edits and _newer_edition(head),
        today=today,
        **words_of(text),
    )


def words_of(text) -> dict:
    """The texts of a version as they are read: blanks filled in, Markdown made into safe HTML."""
    known = handbook.blanks(viewer().agency_id) if text.blanks else {}
    return {
        "html": as_html(fill(text.text, known)) if text.form is ChapterForm.TEXT else "",
        "we": fill(text.we_statement, known, markdown=False),
        "i": fill(text.i_statement, known, markdown=False),
    }


def _newer_edition(head):
    one = library.load().get(head.library_key)
    return one if one and one.edition > head.library_edition else None


@bp.get("/<id:chapter_id>/print")
@on_chapter(Do.READ_CHAPTER)
def print_chapter(chapter):
    asked = request.args.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None
    text = chapters.version(chapter.id, viewer=viewer(), number=number)
    if text is None:
        raise NotVisible
    return page(
        "procedures/print.html",
        chapter=chapters.head(chapter.id, viewer=viewer()),
        text=text,
        now=clock.now(),
        in_force=text.in_force(clock.today()),
        **words_of(text),
    )


@bp.get("/<id:chapter_id>/versions")
@on_chapter(Do.READ_CHAPTER)
def versions(chapter):
    edits = policy.edits(viewer())
    return page(
        "procedures/versions.html",
        chapter=chapters.head(chapter.id, viewer=viewer()),
        versions=chapters.versions(chapter.id, viewer=viewer()),
        history=history(chapter.id, most=40) if edits else [],
        edits=edits,
        today=clock.today(),
    )


@bp.get("/<id:chapter_id>/compare")
@on_chapter(Do.READ_CHAPTER)
def compare(chapter):
    """Two versions side by side in one text: struck what went, underlined what came. Editors may look at the draft."""
    every = chapters.versions(chapter.id, viewer=viewer())
    draft = chapters.draft(chapter.id, viewer=viewer()) if policy.edits(viewer()) else None
    known = {str(one.number): one for one in every} | ({"draft": draft} if draft else {})
    if not known:
        raise NotVisible
    numbers = [one.number for one in every]
    new = request.args.get("new", "")
    new = new if new in known else "draft" if draft and not numbers else str(numbers[0])
    before = [n for n in numbers if new == "draft" or n < int(new)]
    old = request.args.get("old", "")
    old = (
        old
        if old in known and old != "draft"
        else str(before[0] if before else numbers[-1] if numbers else "")
    )
    was, now = known.get(old), known[new]
    fields = [
        (label, difference(_plain(was, name), _plain(now, name)))
        for name, label in (
            ("title", "Title"),
            ("about", "In one sentence"),
            ("quality_theme", "Quality theme"),
            ("we_statement", "“We” statement"),
            ("i_statement", "“I” statement"),
            ("where", "Where it stands"),
            ("text", "Text"),
        )
    ]
    return page(
        "procedures/compare.html",
        chapter=chapters.head(chapter.id, viewer=viewer()),
        old=old,
        new=new,
        was=was,
        now=now,
        choices={key: "Draft" if key == "draft" else f"Version {key}" for key in known},
        fields=[(label, blocks) for label, blocks in fields if blocks],
    )


def _plain(text, name):
    if text is None:
        return ""
    if name == "where":
        if text.form is ChapterForm.TEXT:
            return ""
        return text.link if text.form is ChapterForm.LINK else f"File: {text.file_name or ''}"
    if name == "text":
        return as_plain(text.text) if text.form is ChapterForm.TEXT else ""
    return getattr(text, name)


@bp.get("/<id:chapter_id>/versions/<int:number>/file")
@on_chapter(Do.READ_CHAPTER)
def file(chapter, number):
    """The attached file: always a download, never shown within these pages."""
    found = chapters.attached(chapter.id, number, viewer=viewer())
    if found is None:
        abort(404)
    response = make_response(found.content)
    response.headers["Content-Type"] = found.media_type
    plain = found.name.encode("ascii", "ignore").decode().replace('"', "") or "chapter"
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(found.name)}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.get("/reading-aids")
@signed_in
def aids():
    size, tint = own_reading.aids(viewer().user_id)
    form = AidsForm(formdata=None, text_size=size.value, tint=tint.value)
    form.back.data = local_path(request.args.get("back")) or url_for("procedures.index")
    return page("procedures/aids.html", form=form)


@bp.post("/reading-aids")
@signed_in
def set_aids():
    form = AidsForm()
    if form.validate_on_submit():
        size, tint = TextSize(form.text_size.data), PageTint(form.tint.data)
        if form.accepts(reading_aids.choose, actor=viewer(), at=clock.now(), text_size=size, tint=tint):
            keep_aids(size, tint)
            return saved(
                local_path(form.back.data) or url_for("procedures.index"),
                say="Every page looks like this for you now, also when you sign in again.",
            )
    return refused("procedures/aids.html", form=form)
