"""Formal reviews of the plan (S3-17, S4-13, S0-18)."""

from flask import url_for

from caseapp import clock, dates
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame
from caseapp.blueprints.plan.forms.agreement import ReviewForm
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import chapters, plan_reviews, plan_text, plan_versions
from caseapp.services import reviews as service
from caseapp.web.access import on_case
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/plan/reviews")
@on_case(Do.VIEW_CASE, reads="reviews of the plan")
def reviews(case):
    return page(
        "plan/reviews.html",
        **frame(
            case,
            rows=plan_reviews.reviews(case, viewer=viewer()),
            head=plan_text.head(case, viewer=viewer()),
            today=clock.today(),
            reviews_allowed=rules.may(viewer(), Do.REVIEW_PLAN, case),
        ),
    )


@bp.get("/cases/<ref:reference>/plan/reviews/new")
@on_case(Do.REVIEW_PLAN, reads="a new review of the plan")
def new_review(case):
    head = plan_text.head(case, viewer=viewer())
    form = ReviewForm(plan_reviews.carers(case, viewer=viewer()), version=head.version)
    since = plan_versions.changes_since(case, viewer())
    if since:
        form.changed.data = "\n".join(change.sentence for change in since.changes[:40])
    last = plan_reviews.reviews(case, viewer=viewer())
    form.place.data = last[0].place if last else ""
    form.next_on.data = service.next_due(case, head, clock.today())
    form.next_on.parts = (
        str(form.next_on.data.day),
        str(form.next_on.data.month),
        str(form.next_on.data.year),
    )
    return page("plan/review.html", **_context(case, form))


@bp.post("/cases/<ref:reference>/plan/reviews/new")
@on_case(Do.REVIEW_PLAN)
def hold_review(case):
    form = ReviewForm(plan_reviews.carers(case, viewer=viewer()))
    if form.validate_on_submit() and form.accepts(
        service.hold,
        case,
        actor=viewer(),
        at=clock.now(),
        held_on=form.held_on.data,
        works=form.works.data,
        changed=form.changed.data,
        persons_view=form.persons_view.data,
        with_person=form.company.data != "without",
        without_reason=form.without_reason.data,
        place=form.place.data,
        carers=form.carers.data,
        carers_asked=form.asked_ids(),
        next_on=form.next_on.data,
        next_reason=form.next_reason.data,
        version=form.seen_version or None,
    ):
        next_on = plan_text.head(case, viewer=viewer()).next_review_on
        say = f"The review is recorded; the next is due by {dates.day(next_on)}. Agree the changed plan as a new version."
        return saved(url_for("plan.agree", reference=case.reference), say=say)
    return refused("plan/review.html", **_context(case, form))


def _context(case, form):
    head = plan_text.head(case, viewer=viewer())
    return frame(
        case,
        form,
        lambda now: {},
        head=head,
        due=service.next_due(case, head, clock.today()),
        has_carers=bool(form.asked.choices),
        questions=[one for one in chapters.questions(viewer=viewer()) if "{{" not in one],
    )
