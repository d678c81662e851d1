"""Fields for choosing: one record from a list, some of several words."""

from wtforms import SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget


class IdSelect(SelectField):
    """A drop-down of records. `data` is an id, or None for the empty line and for anything that is no id; whether it
    may be chosen is for the use case. Give the records with `offer`."""

    def __init__(self, label=None, validators=None, **kwargs):
        super().__init__(label, validators, coerce=number, validate_choice=False, choices={}, **kwargs)

    def offer(self, records, empty: str | None = None) -> None:
        """`records` are (id, words); `empty` words the line that chooses nothing."""
        first = {} if empty is None else {"": empty}
        self.choices = first | {str(record_id): words for record_id, words in records}


class Ticks(SelectMultipleField):
    """Tick boxes; `data` is a list of what was ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def number(text) -> int | None:
    """A whole number that fits a column, or None."""
    text = str(text if text is not None else "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
