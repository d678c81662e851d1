"""The form of an agency's entry, which its own administrator and system administrators fill in alike."""

from wtforms import HiddenField, SelectField, StringField, TextAreaField

from caseapp.vocabulary import AgencyKind
from caseapp.web.choices import IdSelect
from caseapp.web.forms import DayField, Form, at_most, needed


class AgencyForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Give the agency’s name"), at_most(160)])
    short_name = StringField("Short name", [at_most(60)])
    kind = SelectField(
        "Kind",
        choices=dict(AgencyKind.choices()),
        invalid_choice_message="Choose one of the list",
    )
    area_id = IdSelect("Area", [needed("Choose an area of the list")])
    phone = StringField("Telephone", [at_most(80)])
    email = StringField("E-mail", [at_most(254)])
    address = StringField("Address", [at_most(300)])
    hours = StringField("Opening hours", [at_most(80)])
    website = StringField("Website", [at_most(300)])
    about = TextAreaField("What you offer, and to whom", [at_most(2000)])
    protocols_signed_on = DayField("Signed up to the protocols on")
    child_protection_undertaking_on = DayField("Undertook to work with social work on child protection on")

    def details(self) -> dict:
        """The entry as the use cases take it."""
        names = ("name", "short_name", "phone", "email", "address", "hours", "website", "about")
        return {name: self[name].data or "" for name in names} | {
            "kind": AgencyKind(self.kind.data),
            "area_id": self.area_id.data,
            "protocols_signed_on": self.protocols_signed_on.data,
            "child_protection_undertaking_on": self.child_protection_undertaking_on.data,
        }


def filled(form_class, entry):
    """The form with what stands now."""
    names = (*(name for name in form_class().data if hasattr(entry, name)), "version")
    return form_class(formdata=None, **{name: getattr(entry, name) for name in names})
