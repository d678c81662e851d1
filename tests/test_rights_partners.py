"""Each agency answers for its own words: what a partner passed on without consent is not the lead's to read while it looks
through what a person asked for (X-5, X-6, S2-43; docs/decisions/0020, 0032)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import SubjectItem
from tests.test_disclosures_made import CHILD
from tests.test_disclosures_made import record as disclosed
from tests.test_rights_requests import gathered, give_all, opened, packed

pytestmark = pytest.mark.usefixtures("db_session")

WORDS = ("That he was at the hostel that night", "He could not be reached", "decided it herself")


def items(request_id):
    return db.session.scalars(
        select(SubjectItem).where(
            SubjectItem.request_id == request_id, SubjectItem.held_in.in_(["disclosure", "disclosure_step"])
        )
    ).all()


def test_of_a_partners_disclosure_the_lead_gathers_who_told_whom_and_never_its_words(app, world):
    disclosed(world, "tomasz", decided_by="Amina decided it herself")
    request_id = gathered(world)
    (one,) = items(request_id)
    said = " ".join(f"{name} {text}" for name, text in one.content)
    assert one.held_in == "disclosure" and one.look_why == "Written by Harbour Hostel: ask them first"
    assert "Sergeant Demo" in said and "Garda station, Liffey North" in said and "Harbour Hostel" in said
    assert not [words for words in (*WORDS, "Tomasz") if words in said]
    give_all(world, request_id)
    page = opened(packed(app, world, request_id))["read-me-first.html"]
    assert "Sergeant Demo" in page and not [words for words in WORDS if words in page]
    assert "Ask it: Harbour Hostel (020 915 0142)" in page, "the person is told who answers for the rest"


def test_the_lead_gathers_its_own_disclosures_word_for_word(world):
    disclosed(world, "orla")
    request_id = gathered(world)
    said = " ".join(f"{name} {text}" for one in items(request_id) for name, text in one.content)
    assert WORDS[0] in said and "Orla Keaveney" in said


@pytest.mark.parametrize(
    "more",
    [
        {"ground": CHILD},
        {
            "withheld": True,
            "withheld_until": clock.today() + timedelta(days=30),
            "withheld_reason": "He might come to harm",
        },
    ],
    ids=["about a child", "kept from the copy"],
)
def test_of_what_a_partner_keeps_back_the_lead_does_not_learn_that_it_is_there(world, more):
    disclosed(world, "tomasz", **more)
    assert items(gathered(world)) == []
