"""Who saved first, and when, is said to whoever was writing meanwhile (409), where they may know it. That both texts stand
side by side then is tested with each page."""

from datetime import timedelta

import pytest

from caseapp import clock
from caseapp.errors import Stale
from caseapp.models import AccessDenial
from caseapp.policy import disclosures as disclosure_policy
from caseapp.policy import grievances as grievance_policy
from caseapp.policy import rights
from caseapp.services import denials, disclosures, grievances, legal_holds, retention, subject_requests
from caseapp.vocabulary import DenialGround, HoldGround
from tests.kept_records import by, listed, only_review
from tests.test_disclosures_made import record as disclosed
from tests.test_grievances import between, day
from tests.test_rights_requests import asked


def told_of(act) -> Stale:
    """What somebody is told whose form was filled in over an older version."""
    with pytest.raises(Stale) as stale:
        act()
    return stale.value


def test_a_decision_on_a_record_kept_long_enough_says_whose_was_first(world, db_session):
    review = listed(world)
    retention.keep(review, **by(world.declan), version=review.version, years=2, reason="A claim is likely")
    stale = told_of(
        lambda: retention.keep(review, **by(world.declan), version=review.version, years=3, reason="Two")
    )
    assert stale.by == "Declan Moyne" and clock.now() - stale.at < timedelta(minutes=5)


def test_of_another_agencys_hold_the_time_is_told_and_no_name(world, db_session):
    review = listed(world)
    retention.approve(review, **by(world.declan), version=review.version)
    before = only_review().version
    legal_holds.hold(review, **by(world.amina), ground=HoldGround.CLAIM, reason="A claim of theirs")
    stale = told_of(lambda: retention.take_back(review, **by(world.declan), version=before))
    assert stale.by == "" and stale.at is not None


def test_a_grievance_and_a_request_say_it_from_their_own_history(world, db_session):
    grievance = between(world)
    seen = grievance_policy.find_provider_grievance
    old = seen(world.declan, grievance)
    grievances.talked(
        seen(world.nora, grievance), actor=world.nora, at=day(11), on=day(10).date(), text="We shall"
    )
    stale = told_of(
        lambda: grievances.answer(old, actor=world.declan, at=day(12), version=old.version, text="And we")
    )
    assert (stale.by, stale.at) == ("Nora Stand-In", day(11)), "both sides read who did what"
    request = rights.find_subject_request(world.declan, asked(world))
    known = {"how": "Known for years", "on": clock.today()}
    subject_requests.check_identity(request, **by(world.orla), version=request.version, **known)
    stale = told_of(
        lambda: subject_requests.check_identity(request, **by(world.declan), version=request.version, **known)
    )
    assert stale.by == "Orla Keaveney"


def test_a_denial_and_a_disclosure_say_it_too(world, db_session):
    denial = denials.deny(
        world.case_for(world.orla),
        **by(world.orla),
        user_id=world.leah.user_id,
        ground=DenialGround.FAMILY,
        reason="Her brother, he says",
    )
    row = db_session.get(AccessDenial, denial)
    old = row.version
    denials.keep(world.case_for(world.orla), denial, **by(world.orla))
    stale = told_of(
        lambda: denials.end(
            world.case_for(world.declan), denial, **by(world.declan), reason="Over", version=old
        )
    )
    assert stale.by == "Orla Keaveney"
    one = disclosure_policy.find_disclosure(world.declan, disclosed(world))
    disclosures.acknowledge(one, **by(world.declan))
    stale = told_of(
        lambda: disclosures.withhold(
            one, **by(world.declan), version=one.version, keep=True, reason="Danger", until=clock.today()
        )
    )
    assert stale.by == "Declan Moyne"
