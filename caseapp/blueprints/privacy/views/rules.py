"""What counts as unusual: each rule with its settings, as they are now."""

from caseapp.blueprints.privacy import bp
from caseapp.policy.do import Do
from caseapp.queries import audit_search, settings
from caseapp.services.unusual_rules import RULES
from caseapp.settings_catalogue import catalogue
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.sessions import viewer


@bp.get("/rules")
@allowed(Do.LOOK_AFTER_PRIVACY)
def rules():
    who = viewer()
    served = audit_search.agencies(viewer=who)
    values = {one.name: settings.values(one.id) for one in served}
    known = catalogue()
    return page(
        "privacy/rules.html",
        rules=[
            (
                rule,
                [
                    (
                        known[key],
                        settings.shown(known[key], known[key].default),
                        [
                            (name, settings.shown(known[key], own[key]))
                            for name, own in values.items()
                            if own[key] != known[key].default
                        ],
                    )
                    for key in rule.settings
                ],
            )
            for rule in RULES
        ],
        one_agency=len(served) == 1,
    )
