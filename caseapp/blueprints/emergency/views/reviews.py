"""The privacy officer's review of what was opened in an emergency."""

from dataclasses import dataclass

from flask import request, url_for

from caseapp import clock, dates, references
from caseapp.blueprints.emergency import bp
from caseapp.blueprints.emergency.forms import ReviewForm
from caseapp.policy.do import Do
from caseapp.queries import emergency_reviews
from caseapp.services import emergency
from caseapp.vocabulary import EmergencyOutcome
from caseapp.web.access import allowed, on_emergency_review
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.lists import EXPORT_MOST, csv_answer
from caseapp.web.second_step import proven
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


#: The columns of the file: what the list says of each opening, and no more.
COLUMNS = ("Who", "Agency", "Opened", "Open until", "What it was", "Case", "Led by", "Review")


@bp.get("/reviews.csv")
@allowed(Do.SEE_EMERGENCY_REVIEWS)
@proven
def export():
    which = _which()
    listed = emergency_reviews.to_review(which, viewer=viewer(), limit=EXPORT_MOST + 1)
    rows = [
        (
            one.who,
            one.agency,
            clock.local(one.opened_at),
            clock.local(one.until),
            one.kind.label,
            references.say(one.reference),
            one.lead_agency,
            _stands(one),
        )
        for one in listed
    ]
    return csv_answer(
        "emergency-access", "emergency access, as a file", COLUMNS, rows, (one.case_id for one in listed)
    )


def _stands(one) -> str:
    if one.waits:
        return f"{'was due' if one.late else 'due by'} {dates.day(one.review_due_on)}"
    return f"{one.outcome.label}, {dates.day(clock.local_day(one.reviewed_at))}"


@bp.get("/reviews/how-often.csv")
@allowed(Do.SEE_EMERGENCY_REVIEWS)
@proven
def export_quarters():
    rows = [
        (one.quarter, one.agency, one.opened, one.justified, one.not_justified, one.waiting)
        for one in emergency_reviews.by_quarter(viewer=viewer())
    ]
    headings = ("Quarter", "Agency", "Opened", "Justified", "Not justified", "Not reviewed")
    return csv_answer(
        "emergency-access-by-quarter", "how often emergency access was used", headings, rows, ()
    )


def _which() -> str:
    which = request.args.get("which", "waiting")
    return which if which in emergency_reviews.WHICH else "waiting"


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
    form.catch_up()
    return refused("emergency/review.html", **_page(access, form))
