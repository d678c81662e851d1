"""People, and who and what is around them."""

from datetime import UTC, datetime, time, timedelta

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.policy.do import Do
from caseapp.queries.people import known
from caseapp.services import people

_BEFORE = timedelta(minutes=30)


def plan(stage: Stage, world) -> None:
    """Each person is registered when the file says, else half an hour before their first case was opened."""
    for person in world.people:
        openings = [c.opened.at for c in world.cases if c.person == person.key]
        at = person.registered_at or (min(openings) - _BEFORE if openings else stage.now)
        stage.plan(at, "person", person, lambda person=person, at=at: _register(stage, person, at))
        for what, add in ((person.relatives, people.add_relative), (person.warnings, people.add_warning)):
            for one in what:
                _around(stage, person, one, add, at)
        if person.died_on:
            evening = datetime.combine(person.died_on, time(18), clock.local(stage.now).tzinfo).astimezone(
                UTC
            )
            at = min(evening, stage.now)
            stage.plan(at, "closing", person, lambda person=person, at=at: _death(stage, person, at))


def _register(stage, person, at):
    actor = stage.viewer(person.registered_by)
    stage.people[person.key] = people.register(
        actor=actor,
        at=at,
        identifiers=tuple((i.scheme, i.value) for i in person.identifiers),
        **{name: getattr(person, name) for name in people.FIELDS},
    )


def _around(stage, person, one, add, registered_at):
    at, by = one.at or registered_at, one.by or person.registered_by
    values = {name: value for name, value in vars(one).items() if name not in ("path", "at", "by")}

    def run():
        add(stage.person_for(person.key, by, Do.EDIT_PERSON), actor=stage.viewer(by), at=at, **values)

    stage.plan(at, "details", one, run)


def _death(stage, person, at):
    actor = stage.viewer(person.registered_by)
    file = stage.person_for(person.key, person.registered_by, Do.EDIT_PERSON)
    version = known(file.id, viewer=actor).version
    people.record_death(file, actor=actor, at=at, version=version, died_on=person.died_on)
