"""The privacy officer's review of what was opened in an emergency."""

from dataclasses import dataclass

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.emergency import bp
from caseapp.blueprints.emergency.forms import ReviewForm
from caseapp.policy.do import Do
from caseapp.queries import emergency_reviews
from caseapp.services import emergency
from caseapp.vocabulary import EmergencyOutcome
from caseapp.web.access import allowed, on_emergency_review
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.sessions import viewer

SIZE = 25


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of the list, for components/pagination.html."""

    number: int
    pages: int
    total: int
    which: str

    def url(self, number: int) -> str:
        return url_for("emergency.index", which=self.which, page=number)


@bp.get("/reviews")
@allowed(Do.SEE_EMERGENCY_REVIEWS)
def index():
    which = request.args.get("which", "waiting")
    which = which if which in emergency_reviews.WHICH else "waiting"
    total = emergency_reviews.how_many(which, viewer=viewer())
    pages = max(1, -(-total // SIZE))
    at = min(max(number(request.args.get("page", "1")[:8]) or 1, 1), pages)
    return page(
        "emergency/reviews.html",
        listed=emergency_reviews.to_review(which, viewer=viewer(), offset=(at - 1) * SIZE, limit=SIZE),
        which=which,
        choices=emergency_reviews.WHICH,
        pages=Pages(at, pages, total, which),
        quarters=emergency_reviews.by_quarter(viewer=viewer()),
    )


def _page(access, form=None) -> dict:
    one, found, looks = emergency_reviews.review_page(access, viewer=viewer())
    form = form or ReviewForm(formdata=None, data={"version": str(one.version)})
    return {"one": one, "found": found, "looks": looks, "form": form}


@bp.get("/reviews/<id:emergency_id>")
@on_emergency_review(Do.REVIEW_EMERGENCY, "an emergency access, to review it")
def review(access):
    return page("emergency/review.html", **_page(access))


@bp.post("/reviews/<id:emergency_id>")
@on_emergency_review(Do.REVIEW_EMERGENCY, "an emergency access, to review it")
def save_review(access):
    form = ReviewForm()
    text = form.version.data or ""
    if form.validate_on_submit() and form.accepts(
        emergency.review,
        access,
        actor=viewer(),
        at=clock.now(),
        outcome=EmergencyOutcome(form.outcome.data),
        text=form.text.data,
        version=number(text),
    ):
        return saved(url_for("emergency.index"), say="Written down. The case manager has been told.")
    if form.stale:
        form.version.data = str(form.stale.version)
    return refused("emergency/review.html", **_page(access, form))
