"""When, where, with whom: what is filled in to arrange a meeting and to invite to it."""

from wtforms import RadioField, SelectField, StringField, TextAreaField

from caseapp import ids
from caseapp.blueprints.meetings.forms.fields import HourField, Pick, Versioned, picks
from caseapp.services.meetings.invitations import SOCIAL_WORKER, Guest
from caseapp.vocabulary import AttendeeKind
from caseapp.web.forms import DayField, Form, at_most, needed

NOT_INVITED, ANYBODY = "", "any"


class ArrangeForm(Versioned):
    """Day, place, chair, and how the person was invited. Made for one meeting by `for_meeting`, which adds a field for
    each agency that can be invited."""

    day = DayField("Day", [needed("Say on which day")])
    starts = HourField("Begins", [needed("Say when it begins"), at_most(8)])
    ends = HourField("Ends", [at_most(8)])
    place = StringField("Place")
    link = StringField("Link for joining by video")
    chair = Pick("Who chairs", empty="Somebody else, named below")
    chair_name = StringField("Chair without an account", [at_most(120)])
    chair_reason = StringField("Why the chair belongs to one of the agencies that claim the lead")
    minutes_by = Pick("Who takes the minutes", empty="Somebody else, named below")
    minutes_by_name = StringField("Minute-taker without an account", [at_most(120)])
    manager_joins = HourField("The manager joins at", [at_most(8)])
    message = TextAreaField("What everybody who is invited reads")
    person_invited_on = DayField("Invited on")
    person_invited_how = StringField("How")
    person_not_invited_reason = StringField("Or why not")
    supporter_name = StringField("Somebody beside the person", [at_most(120)])
    supporter_role = StringField("Who that is to them", [at_most(80)])
    social_worker = StringField("Social worker without an account here", [at_most(120)])
    guest_fields = ()

    @classmethod
    def for_meeting(cls, candidates, *, first: bool, **kwargs):
        """The form with a drop-down for each agency, where the invitations go out for the first time."""
        more = {}
        for one in candidates if first else ():
            words = [(NOT_INVITED, "Not invited"), (ANYBODY, "Invited, whoever it sends")]
            words += [(ids.written(user_id), name) for user_id, name in one.workers]
            more[f"guest_{ids.written(one.id)}"] = SelectField(
                one.name, choices=picks(words), default=NOT_INVITED, validate_choice=False
            )
        form = type("ArrangeFormForMeeting", (cls,), more)(**kwargs)
        staff = [(user_id, f"{name}, {one.name}") for one in candidates for user_id, name in one.workers]
        form.chair.offer(staff)
        form.minutes_by.offer(staff)
        form.guest_fields = [(one, form[f"guest_{ids.written(one.id)}"]) for one in candidates if first]
        return form

    def guests(self) -> tuple[Guest, ...]:
        """Who was chosen in the drop-downs, beside the person, and a social worker without an account."""
        found = []
        for one, field in self.guest_fields:
            if not field.data:
                continue
            workers = {ids.written(user_id): user_id for user_id, _ in one.workers}
            found.append(Guest(agency_id=one.id, user_id=workers.get(field.data)))
        if self.supporter_name.data:
            found.append(
                Guest(
                    name=self.supporter_name.data,
                    role=self.supporter_role.data or "",
                    kind=AttendeeKind.SUPPORTER,
                )
            )
        if self.social_worker.data:
            found.append(Guest(name=self.social_worker.data, role=SOCIAL_WORKER, kind=AttendeeKind.GUEST))
        return tuple(found)


class InviteForm(Form):
    """One more at the table."""

    who = RadioField(
        "Who is invited?",
        [needed("Say who is invited")],
        choices=picks(
            (
                (AttendeeKind.AGENCY.value, "An agency"),
                (AttendeeKind.SUPPORTER.value, "Somebody beside the person"),
                (AttendeeKind.GUEST.value, "Somebody without an account here"),
            )
        ),
        default=AttendeeKind.AGENCY.value,
        validate_choice=False,
    )
    agency = SelectField("Agency", validate_choice=False)
    name = StringField("Name", [at_most(120)])
    role = StringField("Who that is", [at_most(80)])

    def offer(self, candidates, *, about_somebody=True):
        """The agencies and their workers, as one list; nobody sits beside a person where it is about none."""
        if not about_somebody:
            self.who.choices = [one for one in self.who.choices if one.value != AttendeeKind.SUPPORTER.value]
        self._known = {}
        words = [("", "Choose")]
        for one in candidates:
            key = ids.written(one.id)
            self._known[key] = Guest(agency_id=one.id)
            words.append((key, f"{one.name}: whoever it sends"))
            for user_id, name in one.workers:
                both = f"{key}-{ids.written(user_id)}"
                self._known[both] = Guest(agency_id=one.id, user_id=user_id)
                words.append((both, f"{one.name}: {name}"))
        self.agency.choices = picks(words)
        return self

    def guest(self) -> Guest:
        """Who was chosen."""
        if self.who.data in (AttendeeKind.SUPPORTER.value, AttendeeKind.GUEST.value):
            return Guest(
                name=self.name.data or "", role=self.role.data or "", kind=AttendeeKind(self.who.data)
            )
        return self._known.get(self.agency.data or "", Guest())


class RemoveForm(Versioned):
    """An invitation is taken back."""

    reason = StringField("Why")
