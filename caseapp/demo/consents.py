"""Consents and exclusions of one case."""

from datetime import timedelta

from caseapp import clock
from caseapp.policy.do import Do
from caseapp.services import consent as service
from caseapp.services import consent_effects
from caseapp.services.consent_terms import Terms

_TERMS = (
    "kind",
    "expires_on",
    "expires_when",
    "purpose",
    "contact_name",
    "direction",
    "full_plan",
    "left_out",
    "mode",
    "verbal_reason",
    "written_due_on",
    "given_by",
    "giver_name",
    "giver_authority",
    "understood",
    "copy_given",
    "read_aloud",
    "interpreter",
)


def consent(story, one) -> None:
    """A consent as it was given or refused, and how it ended."""
    agency = story.stage.agencies[one.agency]
    at = story.at(one)
    day = clock.local_day(at)
    if one.refused:
        story.does(
            "consent",
            one,
            Do.RECORD_CONSENT,
            lambda file, **when: service.refuse(
                file, agency_id=agency, kind=one.kind, reason=one.refused.reason, **when
            ),
        )
        return
    terms = Terms(
        agency_id=agency,
        starts_on=one.starts_on or day,
        talked_on=one.talked_on or min(day, one.starts_on or day),
        withheld=frozenset(one.withheld),
        **{name: getattr(one, name) for name in _TERMS},
    )
    granted = {}

    def record(file, **when):
        granted["id"] = service.record(file, terms=terms, **when)

    story.does("consent", one, Do.RECORD_CONSENT, record)
    if one.withdrawn:
        gone = one.withdrawn
        story.does(
            "consent",
            gone,
            Do.RECORD_CONSENT,
            lambda file, **when: service.withdraw(
                file, grant_id=granted["id"], how=gone.how, said_on=gone.said_on, **when
            ),
        )
    if one.in_error:
        story.does(
            "consent",
            one.in_error,
            Do.RECORD_CONSENT,
            lambda file, **when: service.enter_in_error(
                file, grant_id=granted["id"], reason=one.in_error.reason, **when
            ),
        )
    _calendar(story, one, terms)


def _calendar(story, one, terms):
    """What the daily job does about a consent: it begins on a later day, or its last day has passed."""
    today = clock.local_day(story.stage.now)
    if story.at(one) < story.noon(terms.starts_on) and terms.starts_on <= today:
        at = story.noon(terms.starts_on)
        story.stage.plan(at, "person", one, lambda: consent_effects.begin_due(at=at))
    if terms.expires_on and terms.expires_on < today:
        after = story.noon(terms.expires_on + timedelta(days=1))
        story.stage.plan(after, "person", one, lambda: consent_effects.mark_expired(at=after))


def exclusion(story, exclusion) -> None:
    """An agency that is never to be told, and, where it was, the end of that."""
    agency = story.stage.agencies[exclusion.agency]
    made = {}

    def exclude(file, **when):
        made["id"] = service.exclude(file, agency_id=agency, reason=exclusion.reason, **when)

    story.does("exclusion", exclusion, Do.RECORD_CONSENT, exclude)
    if exclusion.lifted:
        story.does(
            "exclusion",
            exclusion.lifted,
            Do.RECORD_CONSENT,
            lambda file, **when: service.lift_exclusion(file, exclusion_id=made["id"], **when),
        )
