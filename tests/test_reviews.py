"""Formal reviews: every two months, with what was changed and where the person lives (S3-17, S4-13, S0-18)."""

# ruff: noqa: F811 - a fixture is an argument of its own name

from datetime import timedelta

import pytest
from sqlalchemy import select

from caseapp import clock, protocols
from caseapp.errors import RuleBroken, Stale
from caseapp.extensions import db
from caseapp.models import CarePlan, Event, PersonRelative, PlanReview
from caseapp.services import agreements, reviews
from caseapp.vocabulary import PlanStatus, RelativeRole
from tests.test_versions import by, niall, ready  # noqa: F401 - fixtures


def hold(case, by, **more):
    values = {"held_on": clock.today(), "works": "The hostel bed holds", "place": "Harbour Hostel"}
    return reviews.hold(case, **by, **(values | more))


def plan_of(case):
    return db.session.get(CarePlan, case.id, populate_existing=True)


@pytest.fixture
def agreed(ready, by):
    agreements.agree(ready, **by, person={"route": "phone", "agreed_on": clock.today()})
    return ready


def test_a_review_sets_the_next_one_and_puts_the_plan_in_review(agreed, by, world):
    was_due = plan_of(agreed).next_review_on
    review = db.session.get(PlanReview, hold(agreed, by, persons_view="Going all right"))
    assert (review.due_on, review.place) == (was_due, "Harbour Hostel")
    plan = plan_of(agreed)
    assert plan.status is PlanStatus.IN_REVIEW
    assert plan.next_review_on == protocols.add_months(clock.today(), 2)
    number = agreements.agree(agreed, **by, person={"route": "phone", "agreed_on": clock.today()})
    assert number == 2 and plan_of(agreed).status is PlanStatus.AGREED


def test_an_earlier_day_is_kept_also_by_the_agreement_that_follows(agreed, by):
    early = clock.today() + timedelta(days=20)
    hold(agreed, by, next_on=early)
    agreements.agree(agreed, **by, person={"route": "phone", "agreed_on": clock.today()})
    assert plan_of(agreed).next_review_on == early


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"works": ""}, "works"),
        ({"held_on": clock.today() + timedelta(days=1)}, "held_on"),
        ({"with_person": False}, "without_reason"),
        ({"next_on": clock.today() + timedelta(days=100)}, "next_reason"),
        ({"next_on": clock.today()}, "next_on"),
    ],
)
def test_a_review_that_lacks_something_is_refused_beside_the_field(agreed, by, change, field):
    with pytest.raises(RuleBroken) as broken:
        hold(agreed, by, **change)
    assert broken.value.field == field
    assert db.session.scalar(select(PlanReview.id)) is None


def test_a_later_day_needs_a_reason_and_keeps_it(agreed, by):
    late = clock.today() + timedelta(days=100)
    review = db.session.get(PlanReview, hold(agreed, by, next_on=late, next_reason="In hospital until then"))
    assert review.next_on == late and review.next_reason == "In hospital until then"


def test_carers_are_asked_again_at_a_review(agreed, by, world):
    ella = PersonRelative(person_id=world.person_id, name="Ella", role=RelativeRole.CARER)
    db.session.add(ella)
    db.session.commit()
    hold(agreed, by, carers="Ella is tired", carers_asked=(ella.id,))
    db.session.refresh(ella)
    assert ella.checked_on == clock.today()


def test_two_who_hold_the_same_review_hold_it_once(agreed, by):
    version = plan_of(agreed).version
    hold(agreed, by, version=version)
    with pytest.raises(Stale):
        hold(agreed, by, version=version)


def test_those_with_the_whole_plan_learn_that_it_was_reviewed_not_what_was_said(agreed, by):
    hold(agreed, by, works="CANARY-WORKS", persons_view="CANARY-VIEW")
    event = db.session.scalar(select(Event).where(Event.kind == "plan_reviewed"))
    assert event.audience == "plan" and "CANARY" not in f"{event.summary}{event.change}"
