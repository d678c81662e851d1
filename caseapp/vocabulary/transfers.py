"""The transfer of a case to another lead agency (C10, B9)."""

from caseapp.vocabulary.words import Word


class TransferReason(Word):
    """Why (S3-50); the last two are offered where a case would otherwise be closed (S3-54, S3-60)."""

    NOT_BEST_PLACED = "not_best_placed", "We are no longer best placed"
    RELAPSE = "relapse", "After a relapse, our service cannot go on"
    EXCLUDED = "excluded", "The person is excluded from our service"
    PERSONS_REQUEST = "persons_request", "The person asks for it"
    PROGRAMME_COMPLETE = "programme_complete", "Our programme is complete, but goals are not reached"
    ELSEWHERE = "elsewhere", "The person wants to go on elsewhere"


class TransferStage(Word):
    """C10. An approach that is declined leaves the transfer where it was: the next agency is approached."""

    REQUESTED = "requested", "Begun, nobody asked yet"
    APPROACHED = "approached", "Asked, no answer yet"
    ACCEPTED_IN_PRINCIPLE = "accepted_in_principle", "Accepted in principle"
    CONSENT = "consent", "The person has agreed"
    HANDOVER_SCHEDULED = "handover_scheduled", "Handover arranged"
    HANDED_OVER = "handed_over", "Handed over, not yet taken on"
    EFFECTIVE = "effective", "Taken over"
    NO_SERVICE_FOUND = "no_service_found", "No service found"
    WITHDRAWN = "withdrawn", "Taken back"


#: Over: nothing more happens to it, and another may begin.
ENDED_TRANSFERS = frozenset(
    {TransferStage.EFFECTIVE, TransferStage.NO_SERVICE_FOUND, TransferStage.WITHDRAWN}
)


class ApproachState(Word):
    ASKED = "asked", "Asked"
    ACCEPTED = "accepted", "Accepted in principle"
    DECLINED = "declined", "Declined"
    TAKEN_BACK = "taken_back", "Taken back"


class TransferKeeps(Word):
    """What the agency that led goes on to see, by the person's consent."""

    NOTHING = "nothing", "Nothing: its part ends when the other agency leads"
    OWN_PART = "own_part", "Its own part: the actions that stay with it, and the goals they serve"


class TransferAct(Word):
    """One line of a transfer's history: added to, never changed."""

    REQUESTED = "requested", "Began the transfer"
    ASSURED = "assured", "Told the person the three things"
    APPROACHED = "approached", "Asked an agency"
    ACCEPTED = "accepted", "Accepted in principle"
    DECLINED = "declined", "Declined"
    TAKEN_BACK = "taken_back", "Took the question back"
    CONSENTED = "consented", "The person agreed"
    REFUSED = "refused", "The person said no"
    SCHEDULED = "scheduled", "Arranged the handover"
    WRITTEN = "written", "Wrote the handover form"
    HANDED_OVER = "handed_over", "Handed over"
    REVIEWED = "reviewed", "The manager looked through it"
    EFFECTIVE = "effective", "Took the case over"
    NO_SERVICE = "no_service", "Found no service"
    WITHDRAWN = "withdrawn", "Ended the transfer"
