"""The timeline: everything that happened and that the reader may see."""

from flask import request

from caseapp.blueprints.cases import bp
from caseapp.blueprints.cases.forms import TimelineFilter
from caseapp.blueprints.cases.record import around, page_number, pages
from caseapp.policy.do import Do
from caseapp.queries import timeline as reads
from caseapp.web.access import on_case
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/timeline")
@on_case(Do.VIEW_TIMELINE, "the timeline")
def timeline(case):
    form = TimelineFilter(request.args)
    form.group.choices = {"": "Everything"} | {key: label for key, (label, _) in reads.GROUPS.items()}
    form.agency.offer(reads.agencies(case, viewer=viewer()))
    group = form.group.data if form.group.data in reads.GROUPS else ""
    number = page_number()
    found, total = reads.events(case, viewer=viewer(), group=group, agency_id=form.agency.data, page=number)
    return page(
        "cases/timeline.html",
        form=form,
        lines=found,
        narrowed=bool(group or form.agency.data),
        pages=pages(
            number,
            total,
            reads.PAGE,
            "cases.timeline",
            reference=case.reference,
            group=group,
            agency=form.agency.data,
        ),
        **around(case),
    )
