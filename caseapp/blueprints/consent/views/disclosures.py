"""What was shown to whom, when, on what ground: for the case manager, and for the person who asks (X-5)."""

from dataclasses import dataclass

from flask import request, url_for

from caseapp import ids
from caseapp.blueprints.consent import bp
from caseapp.blueprints.consent.context import about, given_id
from caseapp.policy.do import Do
from caseapp.queries import consent, disclosures_told, former_leads
from caseapp.queries import disclosures as reads
from caseapp.vocabulary import AuditAct
from caseapp.web.access import on_case, replace_reading
from caseapp.web.answers import page
from caseapp.web.forms import DayField, Form
from caseapp.web.sessions import viewer

PER_PAGE = 50


class PeriodForm(Form):
    """The filter: days from and to, both counted in; a plain GET form."""

    class Meta:
        csrf = False

    since = DayField("From")
    until = DayField("To")


@dataclass(frozen=True)
class Pages:
    """Where in the list the page stands; components/pagination.html draws it."""

    number: int
    total: int
    reference: str
    said: dict

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    def url(self, number: int) -> str:
        return url_for("consent.disclosures", reference=self.reference, **self.said, page=number)


def _read(case):
    form = PeriodForm(request.args)
    form.validate()
    agency_id = given_id("agency")
    wanted = reads.Wanted(agency_id, form.since.data, form.until.data)
    said = {k: v for k, v in request.args.items() if k.split("-")[0] in ("agency", "since", "until") and v}
    return form, wanted, {k[:20]: v[:20] for k, v in said.items()}


@bp.get("/cases/<ref:reference>/consent/disclosures")
@on_case(Do.VIEW_DISCLOSURES, reads="what was shown to whom")
def disclosures(case):
    form, wanted, said = _read(case)
    found = reads.disclosures(case, viewer=viewer(), wanted=wanted)
    asked = request.args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    at = Pages(1, len(found), case.reference, said)
    at = Pages(min(max(number, 1), at.pages), len(found), case.reference, said)
    return page(
        "consent/disclosures.html",
        form=form,
        days=_by_day(found[(at.number - 1) * PER_PAGE : at.number * PER_PAGE]),
        at=at,
        said=said,
        chosen=ids.written(wanted.agency_id) if wanted.agency_id else "",
        agencies=reads.agencies(case, viewer=viewer()),
        former=former_leads.of_case(case, viewer=viewer()),
        made=disclosures_told.on_the_persons_list(case, viewer=viewer()) if not said else [],
        **about(case),
    )


@bp.get("/cases/<ref:reference>/consent/disclosures/print")
@on_case(Do.VIEW_DISCLOSURES)
def print_disclosures(case):
    _form, wanted, _said = _read(case)
    found = reads.disclosures(case, viewer=viewer(), wanted=wanted)
    replace_reading(AuditAct.PRINTED, "what was shown to whom", case=case)
    return page(
        "consent/disclosures_print.html",
        wanted=wanted,
        agencies=_by_agency(found),
        standing=consent.by_agency(case, viewer=viewer()),
        former=former_leads.of_case(case, viewer=viewer()),
        made=disclosures_told.on_the_persons_list(case, viewer=viewer()) if not wanted.agency_id else [],
        **about(case),
    )


def _by_day(found):
    days = {}
    for line in found:
        days.setdefault(line.day, []).append(line)
    return days


def _by_agency(found):
    agencies = {}
    for line in sorted(found, key=lambda one: (one.agency, one.day)):
        agencies.setdefault(line.agency, []).append(line)
    return agencies
