"""The one base form. Forms judge shape; whether it makes sense is for the use case, whose RuleBroken is shown beside
the field it names."""

import re
import secrets
from datetime import date

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, FileField, HiddenField, StringField, TextAreaField, validators
from wtforms.validators import StopValidation

from caseapp import clock
from caseapp.errors import RuleBroken, Stale
from caseapp.services import submissions
from caseapp.services.transaction import unit_of_work
from caseapp.web import uploads
from caseapp.web.sessions import viewer

_UNWANTED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
SENDING = {"POST", "PUT", "PATCH", "DELETE"}
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")

LINE_MOST = 300
TEXT_MOST = 10_000


def clean(text):
    """Text without control characters, NUL or lone surrogates; line ends as \\n; no blank ends."""
    if not isinstance(text, str):
        return text
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


class Form(FlaskForm):
    """Base of every form: clean text, capped lengths, a key that makes a double submit do one thing, and `accepts`."""

    once = HiddenField()
    stale: Stale | None = None
    #: Id of what the use case made, also when this is a repeat of a form that already went through.
    result_id: int | None = None
    result = None
    repeated = False

    class Meta:
        def bind_field(self, form, unbound_field, options):
            filters = list(unbound_field.kwargs.get("filters", ()))
            if issubclass(unbound_field.field_class, StringField | HiddenField):
                filters.insert(0, clean)
            if not issubclass(unbound_field.field_class, DayField):
                options = options | {"filters": filters}
            return unbound_field.bind(form=form, **options)

        def wrap_formdata(self, form, formdata):
            """Only what a browser's form sends counts; never a JSON body, whose values may be anything."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata  # given by the view
            if request.method not in SENDING:
                return None
            files = [name for name, field in form._fields.items() if isinstance(field, FileField)]
            if not files:
                return request.form
            sent = MultiDict(request.form)  # a file where no file was asked for is nothing
            for name in files:
                sent.setlist(name, request.files.getlist(name))
            return sent

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.once.data:
            self.once.data = secrets.token_urlsafe(16)
        for field in self:
            if isinstance(field, StringField) and field.data is None and request.method in SENDING:
                field.data = ""  # left out by whoever sent it; no text is never None
            if isinstance(field, StringField) and not field.flags.maxlength:
                most = TEXT_MOST if isinstance(field, TextAreaField) else LINE_MOST
                field.validators = [*field.validators, at_most(most)]

    def validate_on_submit(self, *args, **kwargs) -> bool:
        """Whether it was sent and its shape is right; then each of its files was looked through for viruses too, so that
        no view can forget that (web.uploads)."""
        if not super().validate_on_submit(*args, **kwargs):
            return False
        return all(uploads.clean(field) for field in self if isinstance(field, FileField))

    @property
    def page_key(self) -> str | None:
        """The key that the page carries which this form stands on; None where it is no key."""
        return self.once.data if _KEY.match(self.once.data or "") else None

    def accepts(self, act, *args, **kwargs) -> bool:
        """Run a use case with what was typed. True if it was done (now, or by an earlier arrival of this very form);
        False with errors beside their fields, or with `stale` set when somebody saved first."""
        actor, at = kwargs.get("actor") or viewer(), kwargs.get("at") or clock.now()
        key = self.page_key
        try:
            with unit_of_work():
                if key and not submissions.claim(key, actor=actor, at=at):
                    if not submissions.is_own(key, actor=actor):
                        self.once.data = secrets.token_urlsafe(16)
                        raise RuleBroken(
                            "Somebody else has sent this form already. Look at it, then send it again."
                        )
                    self.repeated = True
                    self.result_id = submissions.result(key, actor=actor)
                    return True
                self.result = act(*args, **kwargs)
                self.result_id = _id_of(self.result)
                if key:
                    submissions.settle(key, self.result_id)
        except RuleBroken as broken:
            for message, field in ((str(broken), broken.field), *broken.also):
                self.reject(message, field)
            return False
        except Stale as stale:
            self.stale = stale
            return False
        return True

    def takes(self, act, record, *fields: str, **more) -> bool:
        """Whether the form is whole and `act` took it: a step on a record, by whoever is signed in, now, over the version
        that the form was filled in over, with what these fields hold and `more`."""
        return self.validate_on_submit() and self.accepts(
            act,
            record,
            actor=viewer(),
            at=clock.now(),
            version=self.seen_version,
            **{field: self[field].data for field in fields},
            **more,
        )

    @property
    def seen_version(self) -> int:
        """The version of the record that the form was filled in over; 0, which is always stale, for what is no number."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def catch_up(self) -> None:
        """Where somebody saved first, go on from what stands now: sent again, what is typed here counts."""
        if self.stale is not None:
            self.version.data = str(self.stale.version)

    def reject(self, message: str, field: str | None = None) -> None:
        """Put a message beside a field, or over the form when no field of that name is shown."""
        if field and field in self._fields:
            self[field].errors = [*self[field].errors, message]
        else:
            self.form_errors = [*self.form_errors, message]


def _id_of(result) -> int | None:
    """The id of what a use case gave back: the id itself, or that of a record. True and False are no ids."""
    if isinstance(result, int):
        return None if isinstance(result, bool) else result
    return getattr(result, "id", None)


def at_most(length: int):
    """At most this many characters; nothing is cut off."""

    def check(form, field):
        if field.data and len(field.data) > length:
            raise validators.ValidationError(
                f"At most {length:,} characters fit here; there are {len(field.data):,}. Nothing was cut off."
            )

    return check


def needed(message: str):
    """Something must be filled in; says so in the form's own words."""

    def check(form, field):
        if field.data in (None, "", [], False):
            field.errors = []
            raise StopValidation(message)

    check.field_flags = {}
    return check


class DayField(Field):
    """A calendar day in three boxes, day, month and year; the month may be written as a word. `data` is a date or
    None; impossible days say what is wrong ("There is no 31 November") and keep what was typed."""

    widget = staticmethod(lambda field, **kwargs: "")
    MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    NAMES = "January February March April May June July August September October November December".split()

    def __init__(
        self, label=None, validators=None, *, earliest=date(1900, 1, 1), latest=date(2100, 12, 31), **kwargs
    ):
        super().__init__(label, validators, **kwargs)
        self.earliest, self.latest = earliest, latest
        self.parts = ("", "", "")
        self.broken = None

    def process(self, formdata, data=None, extra_filters=None):
        super().process(None, data if data is not None else self.object_data_or_default())
        if self.data:
            self.parts = (str(self.data.day), str(self.data.month), str(self.data.year))
        if formdata is not None and any(
            f"{self.name}-{part}" in formdata for part in ("day", "month", "year")
        ):
            self.parts = tuple(
                clean(formdata.get(f"{self.name}-{part}", ""))[:20] for part in ("day", "month", "year")
            )
            self._read()
        elif formdata is not None and formdata.get(
            self.name
        ):  # one box, as the browser's own or a script sends it
            try:
                self.data = date.fromisoformat(clean(formdata[self.name]))
                self.parts = (str(self.data.day), str(self.data.month), str(self.data.year))
                self._check_range()
            except ValueError:
                self.data, self.broken = None, "This must be a real day"
                self.parts = (clean(formdata[self.name])[:20], "", "")
        elif formdata is not None and len(formdata):
            self.data = None

    def object_data_or_default(self):
        return self.default() if callable(self.default) else self.default

    def _read(self):
        self.data = self.broken = None
        if not any(self.parts):
            return
        day, month, year = self.parts
        if not all(self.parts):
            missing = [
                n for n, part in zip(("a day", "a month", "a year"), self.parts, strict=True) if not part
            ]
            self.broken = f"The date also needs {' and '.join(missing)}"
            return
        month_number = self._month(month)
        if (
            not day.isascii()
            or not day.isdigit()
            or not year.isascii()
            or not year.isdigit()
            or not month_number
        ):
            self.broken = "This must be a real day, such as 27 3 2026"
            return
        if len(day) > 2:
            self.broken = "This must be a real day, such as 27 3 2026"
            return
        if len(year) != 4:
            self.broken = "The year needs four figures"
            return
        try:
            self.data = date(int(year), month_number, int(day))
        except ValueError:
            self.broken = (
                f"There is no {int(day)} {self.NAMES[month_number - 1]}"
                if int(day) > 29 or month_number != 2
                else f"There is no {int(day)} February in {year}"
            )
            return
        self._check_range()

    def _check_range(self):
        if not self.earliest <= self.data <= self.latest:
            self.broken, self.data = (
                f"The year must lie between {self.earliest.year} and {self.latest.year}",
                None,
            )

    def _month(self, text):
        if text.isascii() and text.isdigit():
            return int(text) if 1 <= int(text) <= 12 else None
        short = text.lower()[:3]
        return self.MONTHS.index(short) + 1 if short in self.MONTHS else None

    def pre_validate(self, form):
        if self.broken:
            raise StopValidation(self.broken)
