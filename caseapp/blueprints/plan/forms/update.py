"""What the owner of an action fills in: how it goes, or whether it is taken on."""

from wtforms import HiddenField, RadioField, SelectField, TextAreaField

from caseapp import clock, ids
from caseapp.services import action_progress
from caseapp.vocabulary import ActionStatus
from caseapp.web.forms import DayField, Form
from caseapp.web.sessions import viewer

STALE = 0  # the version of nothing: a form without one is always out of date


class ActionForm(Form):
    """Base of both. Its ids carry the action's, so that several rows of a page can be open at once; its `version` is
    the action's, with the status that was shown: "3-accepted"."""

    version = HiddenField()
    #: "home" leads back to the list of our actions.
    back = HiddenField()
    worker = SelectField("Who does it?", validate_choice=False)

    def __init__(self, one, colleagues=(), **kwargs):
        super().__init__(**kwargs)
        written = ids.written(one.id)
        for field in self:
            field.id = f"u{written}-{field.id}"
            field.label.field_id = field.id
        self._prefix = f"u{written}-"  # for the id of the error summary; the names stay plain
        self.worker.choices = [("", "Nobody named")] if one.raw.user_id is None else []
        self.worker.choices += [(ids.written(id_), name) for id_, name in colleagues]
        if not self.is_submitted():
            self.see(one.raw.version, one.raw.status)
            self.worker.data = ids.written(one.raw.user_id) if one.raw.user_id else ""

    def see(self, version: int, status: ActionStatus) -> None:
        """What the reader of this form has before them."""
        self.version.data = f"{version}-{status.value}"

    @property
    def seen_version(self) -> int:
        number = (self.version.data or "").partition("-")[0]
        return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else STALE

    @property
    def seen_status(self) -> str:
        return (self.version.data or "").partition("-")[2]

    @property
    def worker_id(self) -> int | None:
        """The worker chosen; None where nobody was."""
        try:
            return ids.read(self.worker.data or "")
        except ValueError:
            return None


class AnswerForm(ActionForm):
    """Accept, and say who takes it; or decline, and say why."""

    reason = TextAreaField("Why, and what could be done instead?")

    def __init__(self, one, colleagues=(), **kwargs):
        super().__init__(one, colleagues, **kwargs)
        self.worker.choices = [choice for choice in self.worker.choices if choice[0]]
        if not self.is_submitted() and not self.worker.data:  # whoever accepts takes it
            self.worker.data = ids.written(viewer().user_id)


class UpdateForm(ActionForm):
    """How an action goes. After a conflict, `choice` says what is to be saved."""

    CHOICES = ("note", "mine", "theirs")

    status = RadioField("How does it stand?", validate_choice=False)
    note = TextAreaField("Note")
    ended_on = DayField("When was that?", default=clock.today)
    choice = RadioField("What should be saved?", validate_choice=False)

    def __init__(self, one, colleagues=(), **kwargs):
        super().__init__(one, colleagues, **kwargs)
        self.offer(one.raw.status)
        if not self.is_submitted():
            self.status.data = one.raw.status.value
        #: The step that was chosen on purpose; a status left as it was is none.
        self.wanted = None if self.status.data in (None, "", self.seen_status) else self.status.data

    def offer(self, status: ActionStatus) -> None:
        """Show the steps that are open from this status."""
        label = {ActionStatus.ACCEPTED: "Accepted, not begun"}
        if status in (ActionStatus.COMPLETED, ActionStatus.NOT_COMPLETED):
            label = {status: f"{status.label}, as it is", ActionStatus.IN_PROGRESS: "Under way again"}
        self.status.choices = [
            (one.value, label.get(one, one.label)) for one in action_progress.choices(status)
        ]

    def validate_status(self, field):
        try:
            field.step = ActionStatus(self.wanted) if self.wanted else None
        except ValueError:
            field.step = None
            field.errors = [*field.errors, "Choose how it stands"]

    @property
    def step(self) -> ActionStatus | None:
        return None if self.choice.data == "note" else getattr(self.status, "step", None)
