"""Forms about people."""

from datetime import date

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField

from caseapp.services.people import FIELDS
from caseapp.vocabulary import RelativeRole, WarningKind
from caseapp.web.forms import DayField, Form, at_most, needed

#: Systems whose numbers services keep; any other can be written in.
SCHEMES = ("LINK", "PASS", "DAIS", "PPS number", "Hospital number", "Clinic number", "Other")


class BirthField(DayField):
    """A date of birth; the year alone is taken too, and then counts as approximate."""

    year_only = False

    def _read(self):
        day, month, year = self.parts
        if year and not day and not month and len(year) == 4 and year.isascii() and year.isdigit():
            self.data = self.broken = None
            if self.earliest.year <= int(year) <= self.latest.year:
                self.data, self.year_only = date(int(year), 1, 1), True
            else:
                self.broken = f"The year must lie between {self.earliest.year} and {self.latest.year}"
            return
        super()._read()


class _Birth:
    """What both forms with a date of birth answer."""

    @property
    def approximate(self) -> bool:
        return bool(self.born_on.data and (self.born_approximate.data or self.born_on.year_only))


class LookForm(_Birth, Form):
    """Who is it? Looked up before anybody is registered."""

    given_name = StringField("First name", [at_most(120)])
    family_name = StringField("Family name", [at_most(120)])
    born_on = BirthField("Date of birth")
    born_approximate = BooleanField("This date is approximate")

    def validate(self, extra_validators=None):
        good = super().validate(extra_validators)
        if not (self.given_name.data or self.family_name.data):
            self.reject("Give at least one name: what people call them is enough", "given_name")
            return False
        return good


class PersonForm(_Birth, Form):
    """All that is kept of a person."""

    version = HiddenField()
    given_name = StringField("First name", [at_most(120)])
    family_name = StringField("Family name", [at_most(120)])
    known_as = StringField("Known as", [at_most(120)])
    born_on = BirthField("Date of birth")
    born_approximate = BooleanField("This date is approximate")
    phone = StringField("Phone", [at_most(80)])
    email = StringField("E-mail", [at_most(254)])
    address = StringField("Address")
    safe_contact = TextAreaField("Safe ways to make contact", [at_most(300)])
    language = StringField("Language", [at_most(80)])
    interpreter = BooleanField("Needs an interpreter")
    access_needs = TextAreaField("Access needs", [at_most(300)])
    needs = TextAreaField("Needs")
    preferences = TextAreaField("Preferences")

    def known(self) -> dict:
        """What was typed, as services.people takes it."""
        return {name: self[name].data for name in FIELDS} | {"born_approximate": self.approximate}


class RegisterForm(PersonForm):
    """The same, for somebody new."""

    link_number = StringField("LINK number", [at_most(80)])
    other_scheme = StringField("Another system", [at_most(40)])
    other_number = StringField("Its number", [at_most(80)])
    new_person = BooleanField("None of these is the person I am registering")

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        pairs = (("LINK", self.link_number.data), (self.other_scheme.data, self.other_number.data))
        return tuple((scheme, value) for scheme, value in pairs if scheme and value)

    def validate(self, extra_validators=None):
        good = super().validate(extra_validators)
        if self.other_number.data and not self.other_scheme.data:
            self.reject("Say which system this number is from", "other_scheme")
            return False
        return good


class DeathForm(Form):
    version = HiddenField()
    died_on = DayField("Day of death", [needed("Give the day; the first of the month if only that is known")])


class RelativeForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Say who this is"), at_most(120)])
    role = SelectField("Who they are", choices=dict(RelativeRole.choices()))
    phone = StringField("Phone", [at_most(80)])
    engaged = RadioField(
        "Do they take part in the work?",
        choices={"yes": "Yes", "no": "No"},
        default="no",
    )
    may_be_told = TextAreaField("What they may be told", [at_most(300)])
    willing_and_able = TextAreaField("Willing and able to go on caring", [at_most(300)])
    checked_on = DayField("Asked on")

    def values(self) -> dict:
        return {
            "name": self.name.data,
            "role": RelativeRole(self.role.data),
            "phone": self.phone.data,
            "engaged": self.engaged.data == "yes",
            "may_be_told": self.may_be_told.data,
            "willing_and_able": self.willing_and_able.data,
            "checked_on": self.checked_on.data,
        }


class EndForm(Form):
    version = HiddenField()


class WarningForm(Form):
    kind = RadioField(
        "What it is about",
        [needed("Say what it is about")],
        choices=dict(WarningKind.choices()),
    )
    text = TextAreaField(
        "What staff must know before they make contact", [needed("Say what staff must know"), at_most(300)]
    )
    review_on = DayField(
        "Look at it again on", [needed("Give a day, so that nobody carries a warning for ever")]
    )
    told_person = BooleanField("The person knows that this is recorded")


class ReviewForm(Form):
    version = HiddenField()
    decision = RadioField(
        "Does it still hold?",
        [needed("Say whether it still holds")],
        choices={"holds": "Yes, look at it again later", "ended": "No, end it"},
    )
    text = TextAreaField("What staff must know before they make contact", [at_most(300)])
    review_on = DayField("Look at it again on")
    told_person = BooleanField("The person knows that this is recorded")
    reason = TextAreaField("Why it holds no more", [at_most(300)])


class NumberForm(Form):
    scheme = SelectField("System", choices={one: one for one in SCHEMES})
    value = StringField("Number", [needed("Write the number"), at_most(80)])
