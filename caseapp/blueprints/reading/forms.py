"""Forms of asking for reading, waiving it, and keeping sets."""

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField

from caseapp.policy.viewer import Viewer
from caseapp.queries import reading_asked
from caseapp.queries.reading_meant import Target
from caseapp.vocabulary import ReadingPurpose, ReadingTarget, Role
from caseapp.web.choices import IdSelect, Ticks, number
from caseapp.web.forms import DayField, Form, at_most, needed

ROLES = {str(int(role)): role.label for role in Role if role is not Role.SYSTEM_ADMIN}


def whole(text: str | None) -> int:
    """A number of days as typed; one that no rule accepts where it is none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


class WaiverForm(Form):
    reason = TextAreaField("Why it need not be read", [needed("Say why it need not be read"), at_most(300)])


class WithdrawForm(Form):
    version = HiddenField()
    reason = TextAreaField("Why it is withdrawn", [needed("Say why it is withdrawn"), at_most(300)])


class AssignForm(Form):
    """Who, what, by when and why. `step` says which of its two pages was sent: the form, or the look before asking."""

    step = HiddenField()
    target = RadioField("Who reads it", validate_choice=False)
    role = SelectField("Role", validate_choice=False)
    profession = SelectField("Profession", validate_choice=False)
    team = IdSelect("Whose team")
    person = IdSelect("Who")
    set_id = IdSelect("A reading set")
    chapters = Ticks("Single chapters", validate_choice=False)
    due_on = DayField("To be read by")
    purpose = RadioField("Read for", choices=dict(ReadingPurpose.choices()), validate_choice=False)
    reason = StringField("Why, in a sentence", [at_most(300)])
    later = BooleanField("Also ask whoever comes later")
    due_days = StringField("Days they have for it", [at_most(4)])

    def offer(self, viewer: Viewer, *, asks_all: bool) -> None:
        """What this viewer can choose among."""
        kinds = list(ReadingTarget) if asks_all else [ReadingTarget.TEAM, ReadingTarget.PERSON]
        words = {} if asks_all else {"team": "All of my staff", "person": "One of my staff"}
        self.target.choices = {kind.value: words.get(kind.value, kind.label) for kind in kinds}
        self.role.choices = {"": "Choose a role"} | ROLES
        self.profession.choices = {"": "Choose a profession"} | {
            one: one for one in reading_asked.professions(viewer=viewer)
        }
        self.team.offer(reading_asked.teams(viewer=viewer), empty="Choose a team" if asks_all else None)
        self.person.offer(reading_asked.people(viewer=viewer), empty="Choose somebody")
        self.set_id.offer(
            ((one.id, f"{one.name}, {_many(one.chapters)}") for one in reading_asked.sets(viewer=viewer)),
            empty="No set",
        )
        self.chapters.choices = {str(key): words for key, words in reading_asked.chapters(viewer=viewer)}

    def meant(self, viewer: Viewer) -> Target | None:
        """Whom it would meet; None where nothing was chosen."""
        try:
            kind = ReadingTarget(self.target.data)
        except ValueError:
            return None
        role = number(self.role.data) if str(self.role.data) in ROLES else None
        user_id = None
        if kind is ReadingTarget.TEAM:
            user_id = self.team.data if self.team.choices and len(self.target.choices) > 2 else viewer.user_id
        elif kind is ReadingTarget.PERSON:
            user_id = self.person.data
        return Target(
            viewer.agency_id,
            kind,
            role=Role(role) if role else None,
            profession=self.profession.data if self.profession.data in self.profession.choices else "",
            user_id=user_id,
        )

    @property
    def chapter_ids(self) -> list[int]:
        return [one for one in (number(text) for text in self.chapters.data or ()) if one is not None]

    @property
    def why_read(self) -> ReadingPurpose:
        try:
            return ReadingPurpose(self.purpose.data)
        except ValueError:
            return ReadingPurpose.OTHER

    @property
    def days_later(self) -> int:
        """0 where nobody later is asked."""
        return whole(self.due_days.data) or -1 if self.later.data else 0


class SetForm(Form):
    version = HiddenField()
    name = StringField("Name of the set", [needed("Give the set a name"), at_most(120)])
    about = StringField("What it is for", [at_most(300)])
    chapters = Ticks("Chapters", validate_choice=False)
    induction = BooleanField("Give it to everybody who starts here")
    roles = Ticks("Only to those with these roles", choices=ROLES, validate_choice=False)
    due_days = StringField("Days they have for it", [needed("Give a number of days"), at_most(4)])

    @property
    def chapter_ids(self) -> list[int]:
        return [one for one in (number(text) for text in self.chapters.data or ()) if one is not None]

    @property
    def for_roles(self) -> Role | None:
        """The roles that were ticked; None for everybody."""
        roles = Role(0)
        for text in self.roles.data or ():
            if text in ROLES:
                roles |= Role(int(text))
        return roles or None


class EndSetForm(Form):
    version = HiddenField()


def _many(chapters) -> str:
    return f"{len(chapters)} {'chapter' if len(chapters) == 1 else 'chapters'}"
