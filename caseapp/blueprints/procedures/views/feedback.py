"""What readers tell the editors of a chapter, and the answers."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import AnswerForm, FeedbackForm
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import chapters, own_reading
from caseapp.services import chapter_feedback
from caseapp.web.access import allowed, on_chapter, on_feedback
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.lists import Choice, Column, ListSpec
from caseapp.web.sessions import viewer

FEEDBACK = ListSpec(
    name="chapter-feedback",
    title="From readers",
    endpoint="procedures.feedback",
    act=Do.EDIT_HANDBOOK,
    filters=(
        Choice(
            "which", "Show", (("open", "To answer"), ("answered", "Answered"), ("all", "All")), in_bar=False
        ),
    ),
    columns=(Column("at", "When"),),
    order="at",
    saved=False,
)


@bp.get("/<id:chapter_id>/feedback")
@on_chapter(Do.CONFIRM_CHAPTER)
def tell_editor(chapter):
    text = _version(chapter)
    form = FeedbackForm(formdata=None, seen=str(text.id))
    return page("procedures/tell_editor.html", form=form, chapter=_head(chapter), text=text)


@bp.post("/<id:chapter_id>/feedback")
@on_chapter(Do.CONFIRM_CHAPTER)
def tell_editor_now(chapter):
    form, text = FeedbackForm(), _version(chapter)
    if form.validate_on_submit() and form.accepts(
        chapter_feedback.give,
        chapter,
        number(form.seen.data) or text.id,
        actor=viewer(),
        at=clock.now(),
        text=form.text.data,
    ):
        return saved(
            url_for("procedures.show", chapter_id=chapter.id),
            say="Sent to the editor. The answer comes under News and stands on this page.",
        )
    return refused("procedures/tell_editor.html", form=form, chapter=_head(chapter), text=text)


def _version(chapter):
    text = chapters.version(chapter.id, viewer=viewer())
    if text is None:
        raise NotVisible
    return text


def _head(chapter):
    return chapters.head(chapter.id, viewer=viewer())


@bp.get("/feedback")
@allowed(Do.EDIT_HANDBOOK)
def feedback():
    state = FEEDBACK.read(request.args)
    rows, total = own_reading.feedback(
        viewer=viewer(), which=state["which"], offset=state.offset, limit=FEEDBACK.per_page
    )
    return page("procedures/feedback.html", state=state, rows=rows, pager=state.page(total))


@bp.get("/feedback/<id:feedback_id>")
@on_feedback(Do.READ_FEEDBACK)
def one_feedback(feedback):
    one = own_reading.one_feedback(feedback.id, viewer=viewer())
    form = AnswerForm(formdata=None, version=str(one.lock))
    return page("procedures/one_feedback.html", form=form, one=one, may_answer=_may(feedback))


@bp.post("/feedback/<id:feedback_id>")
@on_feedback(Do.ANSWER_FEEDBACK)
def answer(feedback):
    one, form = own_reading.one_feedback(feedback.id, viewer=viewer()), AnswerForm()
    if form.validate_on_submit() and form.accepts(
        chapter_feedback.answer,
        feedback,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        answer=form.answer.data,
    ):
        return saved(url_for("procedures.feedback"), say=f"Answered. {one.by} is told under News.")
    return refused("procedures/one_feedback.html", form=form, one=one, may_answer=True)


def _may(feedback):
    return rules.may(viewer(), Do.ANSWER_FEEDBACK, feedback)
