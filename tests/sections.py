"""For tests of a restricted section: written, opened to somebody and read in a line."""

from caseapp import clock
from caseapp.policy import restricted as policy
from caseapp.queries import restricted as reads
from caseapp.services import restricted
from caseapp.vocabulary import RestrictedKind

WORDS = "The duty social worker said what must go no further."


def section_for(world, name):
    return policy.find_section(world.viewers[name], world.reference)


def write(world, by="orla", **more):
    said = {
        "kind": RestrictedKind.SOCIAL_WORK,
        "given_by": "A. Worker, Duty social work",
        "received_on": clock.today(),
        "text": WORDS,
        "why": "Given in confidence by social work",
    }
    viewer = world.viewers[by]
    return restricted.add(section_for(world, by), actor=viewer, at=clock.now(), **said | more)


def name(world, who="shauna", by="declan", **more):
    said = {"user_id": world.viewers[who].user_id, "reason": "Takes the mother to her appointments"}
    return restricted.name_reader(
        section_for(world, by), actor=world.viewers[by], at=clock.now(), **said | more
    )


def who_reads(world):
    return {key for key, viewer in world.viewers.items() if policy.find_section(viewer, world.reference)}


def texts(world, who):
    section = section_for(world, who)
    if section is None:
        return None
    return {one.text for one in reads.entries(section, viewer=world.viewers[who])[0]}


# --- another agency leads, closing, reopening -----------------------------------------------------------------------


def hand_over(world, entries=None, **more):
    section = section_for(world, "declan")
    said = {
        "to_agency_id": world.agencies["northgate"],
        "entry_ids": entries or tuple(one.id for one in reads.entries(section, viewer=world.declan)[0]),
        "social_worker": "A. Worker, Duty social work",
        "agreed_on": clock.today(),
        "agreed_how": "By phone",
    }
    return restricted.hand_over(section, actor=world.declan, at=clock.now(), **said | more)
