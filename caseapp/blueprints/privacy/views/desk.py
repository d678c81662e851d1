"""Where a privacy officer's day starts."""

from caseapp.blueprints.privacy import bp
from caseapp.policy.do import Do
from caseapp.queries import audit_search, findings, privacy_desk
from caseapp.queries.findings import Wanted
from caseapp.web import navigation
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

#: So many findings stand on the first page.
FIRST = 6


@bp.get("")
@allowed(Do.LOOK_AFTER_PRIVACY)
def index():
    who = viewer()
    return page(
        "privacy/index.html",
        piles=[
            (pile, url)
            for pile in privacy_desk.piles(viewer=who)
            if (url := navigation.reach(pile.endpoint, **pile.values))
        ],
        rows=findings.rows(Wanted(), viewer=who, limit=FIRST),
        weeks=privacy_desk.weeks(viewer=who),
        columns={key: label for key, (label, _) in privacy_desk.COLUMNS.items()},
        until=privacy_desk.counted_until(),
        agencies=audit_search.agencies(viewer=who),
    )
