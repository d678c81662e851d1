"""What every editing page of the plan shows: whose plan it is, the way back, both texts after a conflict."""

from flask import url_for

from caseapp import dates
from caseapp.blueprints.plan import conflict
from caseapp.queries import plan_text
from caseapp.web.sessions import viewer


def frame(case, form=None, saved=None, **more) -> dict:
    """The context of an editing page. After a conflict `sides` holds both texts; `saved` puts what stands now into the
    form's words where its fields have other names."""
    context = {
        "case": case,
        "first_name": plan_text.first_name(case, viewer=viewer()),
        "plan_url": url_for("plan.show", reference=case.reference),
        "form": form,
        "stale": None,
        "sides": [],
    }
    if form is not None and getattr(form, "stale", None):
        stale = form.stale
        context["stale"] = stale
        context["stale_by"] = conflict.who(stale)
        context["stale_at"] = dates.since_today(stale.at)
        context["sides"] = conflict.sides(form, saved(stale.saved) if saved else stale.saved)
    return context | more


def plan_at(case, anchor: str = "") -> str:
    """The plan page, at one of its parts."""
    return url_for("plan.show", reference=case.reference) + (f"#{anchor}" if anchor else "")
