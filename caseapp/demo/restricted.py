"""What is kept apart from one case of the file, who was named to read it, and the disclosures without consent."""

from caseapp.errors import RuleBroken
from caseapp.policy.disclosures import find_disclosure
from caseapp.policy.do import Do
from caseapp.policy.restricted import find_section
from caseapp.services import disclosures, restricted
from caseapp.services.disclosures import Made


def plan(story) -> None:
    """Put it on the stage."""
    for reader in story.case.readers:
        _reader(story, reader)
    for entry in story.case.kept_apart:
        _entry(story, entry)
    for item in story.case.disclosures:
        _disclosure(story, item)


def _section(story, case, actor):
    section = find_section(actor, case.reference)
    if section is None:
        raise RuleBroken(f"at that time {actor.name} was not on the list of the restricted section")
    return section


def _reader(story, item):
    named = []

    def name(case, *, actor, at):
        named.append(
            restricted.name_reader(
                _section(story, case, actor),
                actor=actor,
                at=at,
                user_id=story.stage.users[item.user],
                reason=item.reason,
                until_on=item.until_on,
            )
        )

    def end(case, *, actor, at):
        restricted.end_reader(
            _section(story, case, actor),
            actor=actor,
            at=at,
            access_id=named[0],
            reason=item.ended.reason,
        )

    story.does("note", item, Do.VIEW_CASE, name)
    if item.ended:
        story.does("note", item, Do.VIEW_CASE, end, at=item.ended.at)


def _entry(story, item):
    def add(case, *, actor, at):
        restricted.add(
            _section(story, case, actor),
            actor=actor,
            at=at,
            kind=item.kind,
            given_by=item.given_by,
            received_on=item.received_on,
            text=item.text,
            why=item.why,
            known_to=item.known_to,
            third_party=item.third_party,
            narrow=item.narrow,
            reader_ids=tuple(story.stage.users[key] for key in item.readers),
        )

    story.does("note", item, Do.VIEW_PLAN, add)


def _disclosure(story, item):
    made = []

    def record(case, *, actor, at):
        said = {
            name: getattr(item, name)
            for name in (
                *("ground", "ground_note", "child_protection", "recipient_name", "recipient_office"),
                *("their_reference", "text", "disclosed_at", "how", "told", "told_on", "not_told_reason"),
                *("decided_by", "withheld_until", "withheld_reason"),
            )
        }
        withheld = item.withheld_until is not None
        said |= {"categories": tuple(item.categories), "withheld": withheld}
        made.append(disclosures.record(case, Made(**said), actor=actor, at=at))

    story.does("note", item, Do.DISCLOSE, record)
    if item.seen:
        seen = item.seen

        def acknowledge():
            actor = story.stage.viewer(seen.by)
            file = find_disclosure(actor, made[0])
            if file is None:
                raise RuleBroken(f"{actor.name} could not see this disclosure")
            disclosures.acknowledge(file, actor=actor, at=seen.at, note=seen.note)

        story.stage.plan(seen.at, "note", seen, acknowledge)
