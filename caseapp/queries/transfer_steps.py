"""The way of a transfer as steps: what is done, what is next and whose it is (C10)."""

from dataclasses import dataclass

from caseapp import dates
from caseapp.queries.transfer_page import Page
from caseapp.vocabulary import ApproachState, TransferStage

S = TransferStage


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `state` is "past", "now" or "later"."""

    number: int
    label: str
    state: str
    say: str


def steps(it: Page) -> list[Step]:
    """Six steps, in their order, for those of the agency that leads."""
    reached = _REACHED.get(it.stage, 0)
    said = (
        ("Tell the person", _told(it)),
        ("An agency accepts in principle", _asked(it)),
        ("The person agrees to it", _agreed(it)),
        ("The handover is arranged", _arranged(it)),
        ("Handed over, and looked through", _handed(it)),
        ("The other agency takes over", _taken(it)),
    )
    told = it.assured_on is not None
    found = []
    for number, (label, say) in enumerate(said, 1):
        done = told if number == 1 else number - 1 <= reached
        if number == 5 and it.reviewed_at is None:
            done = False
        found.append((label, say, done))
    now = next((at for at, (_, _, done) in enumerate(found) if not done and at), None)
    return [
        Step(
            at + 1,
            label,
            "past" if done else "now" if at == now or (at == 0 and not told) else "later",
            say,
        )
        for at, (label, say, done) in enumerate(found)
    ]


#: How many of the steps after the first are behind it.
_REACHED = {
    S.REQUESTED: 0,
    S.APPROACHED: 0,
    S.ACCEPTED_IN_PRINCIPLE: 1,
    S.CONSENT: 2,
    S.HANDOVER_SCHEDULED: 3,
    S.HANDED_OVER: 4,
    S.EFFECTIVE: 5,
}


def _told(it):
    if it.assured_on:
        return f"{it.called} was told on {dates.day(it.assured_on)} who does what now, that the plan goes on, and who will be there afterwards."
    return f"{it.called} has not been told yet: who does what now, that the plan goes on, who will be there afterwards."


def _asked(it):
    if it.taker:
        worker = f", with {it.taker.worker} as case manager" if it.taker.worker else ""
        return f"{it.taker.agency} accepted on {dates.day_of(it.taker.answered_at)}{worker}."
    asked = [one.agency for one in it.approaches if one.state is ApproachState.ASKED]
    if asked:
        return f"{', '.join(asked)} {'has' if len(asked) == 1 else 'have'} not answered yet."
    declined = [one.agency for one in it.approaches if one.state is ApproachState.DECLINED]
    if declined:
        return f"{', '.join(declined)} declined. Ask the next, or say that no service was found."
    return "Nobody has been asked yet. Ask manager to manager; no name goes with it."


def _agreed(it):
    if it.consent_until is None:
        return "Consent is asked anew for the agency that is to lead; before, it reads no name."
    if not it.consent_holds:
        return f"{it.called}’s consent is not in force any more, so the other agency reads nothing. Talk about it first."
    return f"{it.called} agreed; it holds until {dates.day(it.consent_until)}."


def _arranged(it):
    if it.meeting_id and it.meeting_when:
        return f"At the handover meeting on {it.meeting_when}."
    if it.meeting_id:
        return "At a handover meeting that has no day yet."
    if it.handover_on:
        return f"On {dates.day(it.handover_on)}."
    return "With the person, the old and the new worker. Warm, not by letter."


def _handed(it):
    if it.handed_over_at is None:
        return "Plan and needs go along; a new assessment only where it helps the person."
    if it.reviewed_at is None:
        return f"Handed over on {dates.day_of(it.handed_over_at)}; waits for {it.line_manager} to look through it."
    return (
        f"Handed over on {dates.day_of(it.handed_over_at)}, looked through on {dates.day_of(it.reviewed_at)}."
    )


def _taken(it):
    if it.stage is S.EFFECTIVE:
        return f"{it.to_agency} leads since {dates.day_of(it.ended_at)}."
    who = it.case_manager or it.line_manager
    return f"Until then {who} answers for everything. Lead agency and case manager change in the same moment."
