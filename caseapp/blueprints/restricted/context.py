"""What every page of a restricted section shows around its own matter."""

from flask import url_for

from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import cases
from caseapp.web import record
from caseapp.web.sessions import viewer


def around(section) -> dict:
    """Head, row of places, the way back, and what the viewer may do in this section."""
    acts = (Do.ADD_RESTRICTED, Do.NAME_READERS, Do.HAND_OVER_RESTRICTED)
    return {
        "section": section,
        "case": section.case,
        "head": cases.head(section.case, viewer=viewer()),
        "places": record.places(section.case, "restricted.show"),
        "plan_url": url_for("plan.show", reference=section.reference),
        "may": {act.name: rules.may(viewer(), act, section) for act in acts},
    }
