"""Small fields that the forms of meetings share: an hour, a worker, a whole number, a version."""

from datetime import time

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from caseapp import clock, ids
from caseapp.web.forms import Form


def picks(pairs) -> list:
    """(value, label) pairs as WTForms wants its choices."""
    return [SelectChoice(value, label) for value, label in pairs]


def hour_of(text: str) -> time | None:
    """9:30, 09.30 or 14 as a time of day; None for anything else."""
    parts = (text or "").replace(".", ":").split(":")
    if len(parts) == 1:
        parts = [parts[0], "00"]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return time(hour, minute) if hour < 24 and minute < 60 and len(parts[1]) == 2 else None


class HourField(StringField):
    """A time of day on the local clock, written as 9:30 or 14:05."""

    @property
    def hour(self) -> time | None:
        return hour_of(self.data) if self.data else None

    def pre_validate(self, form):
        if self.data and self.hour is None:
            raise StopValidation("Write the time as 9:30 or 14:05")

    def on(self, day):
        """The moment, in UTC, of this hour on a local day; None without either."""
        return clock.at_local(day, self.hour) if day and self.hour is not None else None


class Pick(SelectField):
    """A drop-down of records: `offer` takes (id, words); `picked` is the id, or None for the empty line."""

    def __init__(self, label, validators=(), *, empty="", **kwargs):
        super().__init__(label, list(validators), validate_choice=False, **kwargs)
        self.empty, self.choices = empty, []

    def offer(self, pairs):
        self.choices = picks([("", self.empty), *((ids.written(one), words) for one, words in pairs)])
        return self

    @property
    def picked(self) -> int | None:
        if not self.data:
            return None
        try:
            return ids.read(self.data)
        except ValueError:
            return None

    def pre_validate(self, form):
        if self.data and self.data not in {choice.value for choice in self.choices}:
            raise ValidationError("Choose one from the list")


class Versioned(Form):
    """A form filled in over a text that somebody else may save first: `version` says over which."""

    version = HiddenField()

    def __init__(self, *args, version: int | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if version is not None and not self.is_submitted():
            self.version.data = str(version)

    @property
    def seen_version(self) -> int | None:
        """The version; None where there was none, 0, which is always stale, for what is no number."""
        return super().seen_version if self.version.data else None
