"""What every page of a case's record shows around its own matter."""

from dataclasses import dataclass

from flask import request, url_for

from caseapp.queries import cases
from caseapp.web import record
from caseapp.web.sessions import viewer


def around(case) -> dict:
    """Head, row of places and the way back, for a template of this blueprint."""
    return {
        "case": case,
        "head": cases.head(case, viewer=viewer()),
        "places": record.places(case, request.endpoint),
        "plan_url": url_for("plan.show", reference=case.reference),
        "consent_url": url_for("consent.index", reference=case.reference),
        "person_url": url_for("people.show", person_id=case.person_id) if case.sees_all else "",
    }


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a list, for components/pagination.html; keeps the filter in the address."""

    number: int
    pages: int
    total: int
    endpoint: str
    values: dict

    def url(self, number: int) -> str:
        return url_for(self.endpoint, **self.values, page=number)


def page_number() -> int:
    """The page asked for; anything that is none is the first."""
    text = request.args.get("page", "1")
    return min(int(text), 100_000) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) else 1


def pages(number: int, total: int, size: int, endpoint: str, **values) -> Pages:
    """Pages of a list of `total` rows."""
    return Pages(number, max(1, -(-total // size)), total, endpoint, {k: v for k, v in values.items() if v})
