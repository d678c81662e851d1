"""What an action says: its columns, their names, and their values in words."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from caseapp import dates
from caseapp.extensions import db
from caseapp.models import Agency, Goal, User
from caseapp.vocabulary import ActionKind, Advocacy

#: The columns that the case manager writes, as the timeline names them.
WORDS = {
    "goal_id": "goal",
    "what": "what",
    "kind": "kind",
    "owner_agency_id": "agency",
    "owner_user_id": "worker",
    "owner_name": "worker’s name",
    "by_person": "the person does it",
    "start_on": "start",
    "due_on": "by when",
    "review_on": "look again on",
    "advocacy": "who speaks",
    "advocacy_until": "until",
}


@dataclass(frozen=True)
class Task:
    """What an action says. The owner is an agency, the person alone (`by_person` without agency), the person with an
    agency's help, or nobody yet. `owner_name` names a worker without an account. Days are local calendar days."""

    goal_id: int
    what: str
    kind: ActionKind = ActionKind.INTERVENTION
    owner_agency_id: int | None = None
    owner_user_id: int | None = None
    owner_name: str = ""
    by_person: bool = False
    start_on: date | None = None
    due_on: date | None = None
    review_on: date | None = None
    advocacy: Advocacy = Advocacy.PERSON
    advocacy_until: date | None = None

    def __post_init__(self):
        """A word may be given as its stored text, as world files and forms do."""
        object.__setattr__(self, "kind", ActionKind(self.kind))
        object.__setattr__(self, "advocacy", Advocacy(self.advocacy))


def saved(action) -> dict:
    """What now stands, for somebody who saved later."""
    return {name: getattr(action, name) for name in WORDS} | {"status": action.status.label}


def in_words(action) -> dict:
    """Every column as the timeline says it, by its name in words."""
    agency = worker = ""
    if action.owner_agency_id:
        agency = db.session.scalar(select(Agency.name).where(Agency.id == action.owner_agency_id))
    if action.owner_user_id:
        worker = db.session.scalar(select(User.name).where(User.id == action.owner_user_id))
    number = db.session.scalar(select(Goal.number).where(Goal.id == action.goal_id))
    return {
        WORDS["goal_id"]: f"goal {number}",
        WORDS["what"]: action.what,
        WORDS["kind"]: action.kind.label,
        WORDS["owner_agency_id"]: agency,
        WORDS["owner_user_id"]: worker or action.owner_name,
        WORDS["by_person"]: "yes" if action.by_person else "no",
        WORDS["start_on"]: dates.day(action.start_on),
        WORDS["due_on"]: dates.day(action.due_on),
        WORDS["review_on"]: dates.day(action.review_on),
        WORDS["advocacy"]: action.advocacy.label,
        WORDS["advocacy_until"]: dates.day(action.advocacy_until),
    }
