"""Asking to be let in (find but not see): a request opens nothing, goes round no consent, and tells another agency nothing."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock, ids
from caseapp.errors import NotAllowed, NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.models import AccessRequest, ConsentGrant, Notification
from caseapp.queries import access_requests as reads
from caseapp.services import access_requests
from caseapp.services.identification import Whom
from caseapp.vocabulary import ConsentKind, ConsentStatus, DenialGround
from tests.test_privacy_findings import set_

PURPOSE = "I run the group that he comes to and need to know what was agreed."
NIALL = Whom("Niall Rafter", date(1989, 5, 11))


def soon():
    return clock.today() + timedelta(days=30)


def by_name(world, who="mark", whom=NIALL, at=None, **more):
    said = {"purpose": PURPOSE, "needed_until": soon(), "permission": "At our desk today"} | more
    return access_requests.ask_by_name(
        actor=world.viewers[who], at=at or clock.now(), whom=whom, sought=f"{whom.name}, born then", **said
    )


def test_a_colleague_asks_on_the_case_and_a_yes_makes_them_key_worker(app, world, as_):
    shauna, base = as_("shauna"), f"/cases/{world.reference}/access/ask"
    assert "Ask for access" in shauna.get(f"/cases/{world.reference}/plan").text
    day = soon()
    typed = {"needed_until-day": day.day, "needed_until-month": day.month, "needed_until-year": day.year}
    typed = {key: str(value) for key, value in typed.items()}
    assert shauna.submit(base, base, purpose="short", **typed).status_code == 422
    assert shauna.submit(base, base, purpose=PURPOSE, **typed).status_code == 303
    assert "Waits for an answer" in shauna.get("/access-requests").text
    told = set(
        db.session.scalars(select(Notification.user_id).where(Notification.kind == access_requests.KIND))
    )
    assert told == {world.orla.user_id, world.declan.user_id}
    row = db.session.scalars(select(AccessRequest)).one()
    page = f"/cases/{world.reference}/access-requests/{ids.written(row.id)}"
    assert PURPOSE in as_("declan").get(page).text
    assert as_("shauna").get(page).status_code == 403
    assert world.case_for(world.shauna).sees_all is False, "asking opens nothing"
    assert as_("declan").submit(page, page, yes="yes").status_code == 303
    assert world.case_for(world.shauna).sees_all
    assert "You have access" in shauna.get("/access-requests").text


def test_a_refusal_is_read_by_the_colleague_with_its_reason(app, world, as_):
    case = world.case_for(world.shauna)
    request = access_requests.ask(
        case, actor=world.shauna, at=clock.now(), purpose=PURPOSE, needed_until=soon()
    )
    with pytest.raises(RuleBroken, match="You have asked already"):
        access_requests.ask(case, actor=world.shauna, at=clock.now(), purpose=PURPOSE, needed_until=soon())
    with pytest.raises(RuleBroken, match="Say why not"):
        access_requests.refuse(
            world.case_for(world.orla), request, actor=world.orla, at=clock.now(), answer=""
        )
    access_requests.refuse(
        world.case_for(world.orla), request, actor=world.orla, at=clock.now(), answer="Ring me instead"
    )
    page = as_("shauna").get("/access-requests").text
    assert "Refused" in page and "Ring me instead" in page


def test_another_agency_reads_the_same_whether_there_is_a_record_or_not(app, world):
    by_name(world)
    by_name(world, whom=Whom("No Body", date(1990, 1, 1)))
    own = reads.own(viewer=world.mark)
    assert {(one.status, one.answer, one.reference, one.waits) for one in own} == {
        ("Waits for an answer", "", None, True)
    }
    [asked] = reads.to_answer(viewer=world.orla)
    access_requests.refuse(
        world.case_for(world.orla), asked.id, actor=world.orla, at=clock.now(), answer="He does not want it"
    )
    assert [one.status for one in reads.own(viewer=world.mark)] == ["Waits for an answer"] * 2
    assert world.mark.user_id not in set(
        db.session.scalars(select(Notification.user_id).where(Notification.kind == access_requests.KIND))
    )


def test_a_request_goes_round_no_consent(app, world):
    request = by_name(world)
    case = world.case_for(world.orla)
    with pytest.raises(RuleBroken, match="No consent is in force"):
        access_requests.let_in(case, request, actor=world.orla, at=clock.now())
    assert world.case_for(world.mark) is None
    db.session.add(
        ConsentGrant(
            case_id=world.case_id,
            agency_id=world.agencies["northgate"],
            kind=ConsentKind.INFORMATION_SHARING,
            status=ConsentStatus.ACTIVE,
            starts_on=clock.today(),
            talked_on=clock.today(),
            talked_by_id=world.orla.user_id,
            understood=True,
            copy_given=True,
            recorded_at=clock.now(),
            recorded_by_id=world.orla.user_id,
        )
    )
    db.session.commit()
    access_requests.let_in(case, request, actor=world.orla, at=clock.now())
    assert [one.status for one in reads.own(viewer=world.mark)] == ["You have access"]


def test_without_an_answer_it_lapses_and_those_who_answer_are_reminded_once(app, world):
    request = by_name(world, at=clock.now() - timedelta(days=6))
    rows = access_requests.run(at=clock.now())
    assert {row["user_id"] for row in rows} == {world.orla.user_id, world.declan.user_id}
    assert len({row["dedupe"] for row in rows}) == 2 and all("Niall" not in row["plain"] for row in rows)
    db.session.execute(AccessRequest.__table__.update().values(lapses_on=clock.today() - timedelta(days=1)))
    db.session.commit()
    assert reads.to_answer(viewer=world.orla) == []
    assert [one.status for one in reads.own(viewer=world.mark)] == ["Lapsed without an answer"]
    with pytest.raises(RuleBroken, match="has lapsed"):
        access_requests.refuse(
            world.case_for(world.orla), request, actor=world.orla, at=clock.now(), answer="too late"
        )


def test_one_who_is_shut_out_reaches_nobody_with_a_request(app, world):
    from caseapp.services import denials

    denials.deny(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        user_id=world.tomasz.user_id,
        ground=DenialGround.PERSONS_WISH,
        reason="He wishes it so.",
    )
    by_name(world, "tomasz")
    assert reads.to_answer(viewer=world.orla) == []
    assert [one.status for one in reads.own(viewer=world.tomasz)] == ["Waits for an answer"]


def test_permission_comes_first_and_five_a_day_are_enough(app, world):
    with pytest.raises(RuleBroken, match="permitted you to ask"):
        by_name(world, permission="")
    for number in range(5):
        by_name(world, whom=Whom(f"No Body{number}", date(1990, 1, 1)))
    with pytest.raises(RuleBroken, match="several persons within a day"):
        by_name(world)
    assert db.session.scalar(select(func.count()).select_from(AccessRequest)) == 5


def test_how_many_a_day_is_set_by_the_agency_that_asks(app, world):
    set_(world, "northgate", access_requests_a_day=1)
    by_name(world)
    with pytest.raises(RuleBroken, match="several persons within a day"):
        by_name(world, whom=Whom("No Body", date(1990, 1, 1)))
    for number in range(2):
        by_name(world, "tomasz", whom=Whom(f"No Body{number}", date(1990, 1, 1)))


def test_only_the_own_request_is_taken_back(app, world):
    request = by_name(world)
    with pytest.raises(NotVisible):
        access_requests.take_back(request, actor=world.nora, at=clock.now())
    access_requests.take_back(request, actor=world.mark, at=clock.now())
    assert reads.to_answer(viewer=world.orla) == []
    with pytest.raises(NotAllowed):
        by_name(world, "femi")
