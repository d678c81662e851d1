"""Gaps and blocks (C9, B5), and grievances."""

from enum import IntEnum

from caseapp.vocabulary.words import Word


class Rung(IntEnum):
    """A level of the ladder, lowest first: comparing two tells which is higher (S3-71 … S3-75)."""

    WORKER = 1
    MANAGER = 2
    COORDINATOR = 3
    GROUP = 4
    NATIONAL = 5

    @property
    def label(self):
        return RUNG_LABELS[self]

    @property
    def above(self):
        """The next rung, None above the national coordinator. There is no other way up: no skipping."""
        return None if self is Rung.NATIONAL else Rung(self + 1)

    @property
    def below(self):
        return None if self is Rung.WORKER else Rung(self - 1)


RUNG_LABELS = {
    Rung.WORKER: "Worker",
    Rung.MANAGER: "Manager",
    Rung.COORDINATOR: "Coordinator",
    Rung.GROUP: "Treatment and rehabilitation group",
    Rung.NATIONAL: "National coordinator",
}


class EscalationKind(Word):
    GAP = "gap", "Gap: the service is missing"
    BLOCK = "block", "Block: the service exists, access is refused or delayed"

    @property
    def short(self):
        return "Gap" if self is EscalationKind.GAP else "Block"


class EscalationState(Word):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    PARTLY = "partly", "Resolved in part"
    NOT_RESOLVED = "not_resolved", "Not resolved"
    WITHDRAWN = "withdrawn", "Withdrawn"


class StepAct(Word):
    """What happened on the ladder, one line of its log."""

    RAISED = "raised", "Raised it"
    COLLEAGUES_ASKED = "colleagues_asked", "Asked colleagues"
    COLLEAGUE_ADVISED = "colleague_advised", "A colleague advised"
    SENT = "sent", "Sent it to the manager"
    ACCEPTED = "accepted", "Took it on"
    ADVISED = "advised", "Gave advice"
    ASKED_BACK = "asked_back", "Asked back"
    ANSWERED_BACK = "answered_back", "Answered the question"
    PASSED_UP = "passed_up", "Passed it up"
    CONSULTED = "consulted", "Was consulted"
    TAKEN_BACK = "taken_back", "Took it back"
    CLOSED = "closed", "Closed it"
    REOPENED = "reopened", "Opened it again"
    WITHDRAWN = "withdrawn", "Withdrew it"
    JOINED = "joined", "Joined"
    PARTED = "parted", "Taken out of a joining"
    PAUSED = "paused", "Stopped the clock"
    RESUMED = "resumed", "Let the clock run again"
    REMINDED = "reminded", "Reminder sent"
    ROSE = "rose", "Shown to the next level"
    HANDED_ON = "handed_on", "Handed on at the same level"
    URGENT = "urgent", "Marked urgent"
    IDENTITY_GIVEN = "identity_given", "The person agreed to be named"
    IDENTITY_ENDED = "identity_ended", "The person is no longer named"
    CASE_ENDED = "case_ended", "The case closed; goes on as a service gap"
    THEMED = "themed", "Given a theme"
    REPLIED = "replied", "Reply to all who raised it"
    GROUP_DECIDED = "group_decided", "Decided in the group"


class GapScope(Word):
    """How wide a gap is (B5)."""

    MICRO = "micro", "One person or one worker"
    MEZZO = "mezzo", "One agency or area"
    MACRO = "macro", "The whole country, or policy"


class ProviderGrievanceStage(Word):
    """Dissatisfaction between agencies (S2-23): the managers talk, then the provider grievance procedure."""

    MANAGERS_TALK = "managers_talk", "The managers talk"
    PROCEDURE = "procedure", "Provider grievance procedure"
    SETTLED = "settled", "Settled"
    NOT_SETTLED = "not_settled", "Ended, not settled"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PersonGrievanceStage(Word):
    RECEIVED = "received", "Received"
    LOOKED_INTO = "looked_into", "Being looked into"
    ANSWERED = "answered", "Answered"
    APPEALED = "appealed", "The person was not content; looked at again"
    ENDED = "ended", "Ended"
    WITHDRAWN = "withdrawn", "Withdrawn by the person"


class GrievanceAct(Word):
    """One line in the record of a grievance, of either kind."""

    RAISED = "raised", "Raised"
    TALKED = "talked", "The managers talked"
    ANSWERED = "answered", "Answered"
    MOVED = "moved", "Taken to the provider grievance procedure"
    NOTED = "noted", "Noted"
    APPEALED = "appealed", "Asked to be looked at again"
    SETTLED = "settled", "Settled"
    ENDED = "ended", "Ended"
    WITHDRAWN = "withdrawn", "Withdrawn"
