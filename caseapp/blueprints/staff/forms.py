"""Forms of staff accounts."""

from wtforms import HiddenField, StringField, TextAreaField

from caseapp.vocabulary import Role
from caseapp.web.choices import IdSelect, Ticks
from caseapp.web.forms import Form, at_most, needed

ROLE_HINTS = {
    str(int(Role.WORKER)): "Works with people: own actions, and cases as key worker or case manager",
    str(int(Role.LINE_MANAGER)): "Sees every case that the agency leads, gives cases to workers",
    str(int(Role.AGENCY_ADMIN)): "Keeps staff, the agency’s entry and its settings; sees no case by this",
    str(int(Role.PRIVACY_OFFICER)): "Looks after the access record; sees no case by this",
    str(int(Role.COORDINATOR)): "Follows gaps and blocks in the areas named; sees no case by this",
    str(int(Role.NATIONAL_COORDINATOR)): "Follows what no area could solve; sees no case by this",
    str(int(Role.SYSTEM_ADMIN)): "Keeps agencies and areas; sees no case, and can be nothing else besides",
}


class DetailsForm(Form):
    version = HiddenField()
    name = StringField("Name", [needed("Give the person’s name"), at_most(120)])
    email = StringField("Work e-mail", [needed("Give the work e-mail address"), at_most(254)])
    profession = StringField("Profession or qualification", [at_most(80)])
    phone = StringField("Telephone", [at_most(80)])
    hours = StringField("When they can be reached", [at_most(80)])
    line_manager_id = IdSelect("Line manager")
    capacity = StringField("Share of a full week", [needed("Give a percentage from 0 to 100"), at_most(3)])

    def percent(self) -> int:
        """The share as a number; one that no rule accepts where it is none."""
        text = (self.capacity.data or "").rstrip("% ")
        return int(text) if text.isascii() and text.isdigit() else -1


class InviteForm(DetailsForm):
    roles = Ticks("Roles", coerce=int, invalid_choice_message="Choose among the roles shown (not %(value)s)")


class RolesForm(Form):
    version = HiddenField()
    roles = Ticks("Roles", coerce=int, invalid_choice_message="Choose among the roles shown (not %(value)s)")
    areas = Ticks("Areas that this coordinator serves", coerce=str, choices={}, validate_choice=False)


class OffForm(Form):
    reason = TextAreaField("Why", [needed("Say why this account is switched off"), at_most(300)])


def offer_roles(form, allowed: Role) -> None:
    """Give the tick boxes of the roles that may be given."""
    form.roles.choices = {str(int(role)): role.label for role in Role if role in allowed}


def ticked(form) -> Role:
    """The roles that were ticked."""
    roles = Role(0)
    for one in form.roles.data or ():
        roles |= Role(one)
    return roles
