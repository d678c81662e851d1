"""What stands on the copy of a consent that the person takes along, in plain language (X-1, S2-10)."""

from dataclasses import dataclass

from caseapp import dates
from caseapp.queries.consent import GrantRow
from caseapp.queries.plan_head import Head
from caseapp.vocabulary import ConsentGiver, ConsentKind, SharingDirection


@dataclass(frozen=True, slots=True)
class PersonsCopy:
    """Sentences, each of which can be read aloud."""

    agreed: list[str]
    kept: list[str]
    until: list[str]
    given: list[str]
    ended: str


def persons_copy(grant: GrantRow, *, head: Head, domain) -> PersonsCopy:
    """The copy, addressed to the person. `domain` names a need domain of the case's protocol."""
    return PersonsCopy(
        agreed=_agreed(grant, head),
        kept=_kept(grant, domain),
        until=_until(grant, head),
        given=_given(grant),
        ended="" if grant.holds or grant.to_come else f"This consent no longer holds: {grant.state.lower()}.",
    )


def _agreed(grant, head):
    if grant.kind is ConsentKind.SERVICE_DELIVERY:
        lines = [f"You agreed that {grant.agency} works with you."]
    elif grant.kind is ConsentKind.ENQUIRY_PERMISSION:
        lines = [f"You agreed that {head.lead_agency} may ask {grant.agency} about you."]
    elif grant.full_plan:
        lines = [f"You agreed that {grant.agency} may read your whole plan."]
    else:
        lines = [
            f"You agreed that {grant.agency} may see its own part of your plan: what it does with you, and the "
            "goals that this is for."
        ]
    if grant.purpose:
        lines.append(f"It is only for this: {grant.purpose}.")
    if grant.shares:
        lines.append(
            {
                SharingDirection.BOTH: f"{head.lead_agency} and {grant.agency} may tell each other what this needs.",
                SharingDirection.GIVE: f"{head.lead_agency} may tell {grant.agency}; nothing is asked of it.",
                SharingDirection.RECEIVE: f"{head.lead_agency} may ask {grant.agency}.",
            }[grant.direction]
        )
    if grant.contact_name:
        lines.append(f"The person to speak to there is {grant.contact_name}.")
    return lines


def _kept(grant, domain):
    lines = [domain(key) for key in grant.withheld]
    if grant.left_out:
        lines.append(grant.left_out)
    return lines


def _until(grant, head):
    lines = [f"It holds from {dates.full_day(grant.starts_on)}" + _end(grant) + "."]
    lines.append(
        f"You can take it back on any day, for any reason. Tell {head.cm_name or head.manager_name} or anybody at "
        f"{head.lead_agency}. {grant.agency} then stops seeing your plan at once."
    )
    return lines


def _end(grant):
    day = f" until {dates.full_day(grant.expires_on)}" if grant.expires_on else ""
    if grant.expires_when:
        return f"{day}, or until this happens, if that is earlier: {grant.expires_when}"
    return day


def _given(grant):
    who = {
        ConsentGiver.PERSON: "You gave it yourself",
        ConsentGiver.REPRESENTATIVE: f"{grant.giver_name} gave it for you, as {grant.giver_authority}",
        ConsentGiver.LACKS_CAPACITY: f"It was decided for you, on this ground: {grant.giver_authority}",
    }[grant.given_by]
    lines = [f"{who}, on {dates.day_of(grant.recorded_at)}. {grant.recorded_by} wrote it down."]
    if grant.talked_on:
        lines.append(
            f"The limits of confidentiality were talked through on {dates.full_day(grant.talked_on)}."
        )
    if grant.spoken:
        lines.append(f"It was spoken. You are asked to sign by {dates.full_day(grant.written_due_on)}.")
    if grant.interpreter:
        lines.append(f"It was interpreted: {grant.interpreter}.")
    return lines
