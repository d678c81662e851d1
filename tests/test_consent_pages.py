"""The consent pages as the case manager uses them: recorded, refused, renewed, ended (X-1 to X-5, F7, forms B3)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import (
    Action,
    AgencySetting,
    AuditEntry,
    ConsentExclusion,
    ConsentGrant,
    ConsentWithheld,
    Notification,
)
from caseapp.services import consent
from caseapp.vocabulary import ConsentKind, ConsentStatus

BASE = "/cases/41729304/consent"


def day(name, value):
    return {f"{name}-day": str(value.day), f"{name}-month": str(value.month), f"{name}-year": str(value.year)}


def agreed(**more):
    """What is typed on the form for a good consent."""
    return (
        day("talked_on", clock.today())
        | {"understood": "y", "copy_given": "y", "purpose": "supervision", "shared": ["accommodation"]}
        | more
    )


def new(world, agency="northgate", **more):
    query = "&".join(f"{k}={v}" for k, v in more.items())
    return f"{BASE}/new?agency={ids.written(world.agencies[agency])}" + (f"&{query}" if query else "")


def send(browser, page, **typed):
    """Fetch the page, fill in its form and send it."""
    return browser.submit(page, page.split("?")[0], **typed)


def rows(agency_id, **where):
    return db.session.scalars(
        select(ConsentGrant).where(ConsentGrant.agency_id == agency_id).filter_by(**where)
    ).all()


def grant_page(world, key, what):
    return f"{BASE}/{ids.written(world.grants[key])}/{what}"


def record(world, key, **more):
    today = clock.today()
    values = {
        "kind": ConsentKind.INFORMATION_SHARING,
        "starts_on": today,
        "talked_on": today,
        "expires_on": today + timedelta(days=60),
        "purpose": "supervision",
        "understood": True,
        "copy_given": True,
    } | more
    terms = consent.Terms(agency_id=world.agencies[key], **values)
    return consent.record(world.case_for(world.orla), actor=world.orla, at=clock.now(), terms=terms)


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "index", "own", "listed"),
    [
        ("orla", 200, 200, 200),
        ("declan", 200, 200, 200),
        ("shauna", 403, 200, 403),
        ("tomasz", 403, 200, 403),
        ("leah", 403, 200, 403),
        ("mark", 404, 404, 404),
        ("femi", 404, 404, 404),
        ("root", 404, 404, 404),
    ],
)
def test_each_role_opens_what_it_may_and_nothing_else(world, as_, who, index, own, listed):
    browser = as_(who)
    assert browser.get(BASE).status_code == index
    assert browser.get(f"{BASE}/own").status_code == own
    assert browser.get(f"{BASE}/disclosures").status_code == listed
    assert browser.get(f"{BASE}/disclosures/print").status_code == listed
    for page in (f"{BASE}/new", f"{BASE}/never", f"{BASE}/refused", grant_page(world, "harbour", "withdraw")):
        assert browser.get(page).status_code == index


def test_a_row_of_another_case_is_not_found(world, as_):
    other = db.session.get(ConsentGrant, world.grants["harbour"])
    browser = as_("orla")
    for what in ("withdraw", "error", "ended", "copy"):
        assert browser.get(f"{BASE}/{ids.written(other.id + 1)}/{what}").status_code == 404
    assert browser.get(f"{BASE}/never/{ids.written(other.id)}/lift").status_code == 404
    assert browser.get(f"{BASE}/new?renew={ids.written(other.id + 1)}").status_code == 404
    assert browser.get(f"{BASE}/new?renew=%F0%9F%92%A5").status_code == 404


# --- the page that answers who sees what --------------------------------------------------------------------------


def test_the_page_says_for_each_agency_what_it_sees_and_until_when_the_lead_first(world, as_):
    page = as_("orla").get(BASE).text
    places = [page.index(f">{name}</h2>") for name in ("Canal Street Drug Service", "Harbour Hostel")]
    assert places == sorted(places)
    for words in (
        "Sees its own part",
        "Sees the whole plan",
        "Holds the plan",
        "Northgate Probation: 1 action, but no consent: it sees nothing",
        "Ask Niall",
        "100 days left",
    ):
        assert words in page


def test_what_ends_soon_stands_on_top_in_days(world, as_):
    grant = db.session.get(ConsentGrant, world.grants["harbour"])
    grant.expires_on = clock.today() + timedelta(days=6)
    db.session.commit()
    assert "Harbour Hostel: consent ends in 6 days" in as_("orla").get(BASE).text
    db.session.add(
        AgencySetting(
            agency_id=world.agencies["canal"],
            key="consent_warning_days",
            value=5,
            changed_at=clock.now(),
            changed_by_id=world.ciara.user_id,
        )
    )
    db.session.commit()
    assert "consent ends in 6 days" not in as_("orla").get(BASE).text, "the agency’s own warning time counts"


def test_a_spoken_consent_is_followed_until_it_is_signed(world, as_):
    browser = as_("orla")
    due = clock.today() + timedelta(days=7)
    answer = send(
        browser,
        new(world),
        **agreed(mode="verbal", verbal_reason="by phone from prison", **day("written_due_on", due)),
    )
    assert answer.status_code == 303
    (spoken,) = rows(world.agencies["northgate"])
    page = browser.get(BASE).text
    assert "Northgate Probation: signature due by" in page and "spoken; the signature is due by" in page
    signing = f"{BASE}/new?renew={ids.written(spoken.id)}&signed=1"
    assert signing.replace("&", "&amp;") in page
    answer = send(browser, signing, understood="y", copy_given="y", mode="written")
    assert answer.status_code == 303
    signed = rows(world.agencies["northgate"], status=ConsentStatus.ACTIVE)
    assert [g.mode.value for g in signed] == ["written"] and signed[0].expires_on == spoken.expires_on
    assert "signature due" not in browser.get(BASE).text


# --- recording --------------------------------------------------------------------------------------------------


def test_recorded_consent_opens_the_own_part_on_the_next_request_and_keeps_the_rest(world, as_):
    mark, orla = as_("mark"), as_("orla")
    assert mark.get(f"{BASE}/own").status_code == 404
    answer = send(orla, new(world), **agreed(left_out="where his mother lives CANARY-LEFTOUT"))
    assert answer.status_code == 303, answer.text
    (grant,) = rows(world.agencies["northgate"])
    withheld = set(
        db.session.scalars(select(ConsentWithheld.domain).where(ConsentWithheld.grant_id == grant.id))
    )
    assert "accommodation" not in withheld and {"drug_use", "family", "legal"} <= withheld
    assert grant.left_out.startswith("where his mother lives")
    page = mark.get(f"{BASE}/own")
    assert page.status_code == 200 and "supervision" in page.text
    for secret in ("CANARY", "Drug use", "drug_use", "Keeps from it", "mother", "Harbour", "Mill Road"):
        assert secret not in page.text
    audit = db.session.scalars(select(AuditEntry.what).where(AuditEntry.user_id == world.mark.user_id)).all()
    assert "the consent given to it" in audit


def test_the_ticks_begin_with_the_least_that_the_agencys_actions_need_X4(world, as_):
    page = as_("orla").get(new(world)).text
    ticked = [
        part.split('"')[0]
        for part in page.split('name="shared" type="checkbox" value="')[1:]
        if "checked" in part.split(">")[0]
    ]
    assert ticked == ["accommodation"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"talked_on-day": ""}, "also needs a day"),
        ({"understood": ""}, "until then there is no consent"),
        ({"copy_given": ""}, "Give a copy, or read it aloud"),
        ({"purpose": ""}, "Say what the sharing is for"),
        ({"shared": []}, "Tick what may be shared"),
        ({"mode": "verbal"}, "Say why it was spoken"),
        ({"given_by": "representative"}, "Name the representative"),
        ({"given_by": "lacks_capacity"}, "Say on what authority"),
        ({"expires_on-year": "2055"}, "at the longest"),
        ({"starts_on-day": ""}, "also needs a day"),
        ({"mode": "telepathy"}, "Not a valid choice"),
        ({"direction": "\x00"}, "Not a valid choice"),
        ({"purpose": "x" * 301}, "Nothing was cut off"),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_all_that_was_typed_is_kept(world, as_, typed, said):
    answer = send(as_("orla"), new(world), **agreed(contact_name="Mark Ellery, Tuesdays 🌻 Ó", **typed))
    assert answer.status_code == 422
    assert said in answer.text and "Mark Ellery, Tuesdays 🌻 Ó" in answer.text
    assert rows(world.agencies["northgate"]) == []


def test_a_talk_that_is_still_to_come_is_no_talk(world, as_):
    answer = send(as_("orla"), new(world), **agreed(**day("talked_on", clock.today() + timedelta(days=1))))
    assert answer.status_code == 422 and "must have taken place already" in answer.text


def test_odd_letters_are_kept_and_control_characters_are_not(world, as_):
    answer = send(as_("orla"), new(world), **agreed(purpose="Sup\x00ervision <b>🧑‍🦽</b> ‮"))
    assert answer.status_code == 303
    (grant,) = rows(world.agencies["northgate"])
    assert grant.purpose == "Supervision <b>🧑‍🦽</b>"
    assert "<b>🧑" not in as_("orla").get(BASE).text


def test_a_double_click_records_one_row(world, as_):
    browser = as_("orla")
    from tests.browser import parse

    (form,) = [
        f for f in parse(browser.get(new(world)).text).forms if f.method == "post" and "consent" in f.action
    ]
    typed = form.fields | agreed()
    first, second = (browser.post(form.action, data=typed) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert len(rows(world.agencies["northgate"])) == 1


def test_renewing_replaces_the_old_row_and_keeps_it(world, as_):
    page = f"{BASE}/new?renew={ids.written(world.grants['harbour'])}"
    answer = send(as_("orla"), page, **agreed(purpose="housing support, longer"))
    assert answer.status_code == 303
    both = rows(world.agencies["harbour"])
    assert sorted(g.status.value for g in both) == ["active", "superseded"]
    assert as_("tomasz").get(f"{BASE}/own").status_code == 200
    assert "Replaced on" in as_("orla").get(BASE).text


def test_a_form_opened_before_a_withdrawal_does_not_reopen_the_plan_F7(world, as_):
    from tests.browser import parse

    browser = as_("orla")
    page = f"{BASE}/new?renew={ids.written(world.grants['harbour'])}"
    (form,) = [f for f in parse(browser.get(page).text).forms if f.method == "post" and "consent" in f.action]
    consent.withdraw(
        world.case_for(world.declan),
        actor=world.declan,
        at=clock.now(),
        grant_id=world.grants["harbour"],
        how="by phone",
    )
    answer = browser.post(form.action, data=form.fields | agreed(purpose="kept words"))
    assert answer.status_code == 409
    assert (
        "Declan Moyne changed this at " in answer.text
        and "nothing is lost" in answer.text
        and "kept words" in answer.text
    )
    assert as_("tomasz").get(f"{BASE}/own").status_code == 404
    (again,) = [f for f in parse(answer.text).forms if f.method == "post" and "consent" in f.action]
    assert browser.post(again.action, data=again.fields).status_code == 303, (
        "having seen it, one may still save"
    )
    assert as_("tomasz").get(f"{BASE}/own").status_code == 200


def test_only_a_prescribing_clinic_is_offered_the_whole_plan(world, as_):
    browser = as_("orla")
    assert "The whole plan may be read" in browser.get(new(world, "clinic")).text
    assert "The whole plan may be read" not in browser.get(new(world)).text
    answer = send(browser, new(world), **agreed(full_plan="y"))
    assert answer.status_code == 303
    assert not rows(world.agencies["northgate"])[0].full_plan


def test_the_lead_agency_is_asked_for_the_service_only_S3_10(world, as_):
    page = as_("orla").get(new(world, "canal")).text
    assert "Service delivery" in page and "What Niall shares" not in page
    answer = send(as_("orla"), new(world, "canal", kind="service_delivery"), **agreed(shared=[], purpose=""))
    assert answer.status_code == 303
    assert [g.kind for g in rows(world.agencies["canal"])] == [ConsentKind.SERVICE_DELIVERY]


def test_a_consent_that_begins_later_opens_nothing_before_and_tells_nobody(world, as_):
    later = clock.today() + timedelta(days=5)
    answer = send(as_("orla"), new(world), **agreed(**day("starts_on", later)))
    assert answer.status_code == 303
    assert as_("mark").get(f"{BASE}/own").status_code == 404
    assert not db.session.scalar(select(func.count()).where(Notification.user_id == world.mark.user_id))
    assert "Still to begin" not in as_("orla").get(BASE).text and "Begins" in as_("orla").get(BASE).text
    action = db.session.get(Action, world.actions["probation"])
    action.status = "proposed"
    db.session.commit()
    assert consent.begin_due(at=clock.now() + timedelta(days=6)) == 1
    assert consent.begin_due(at=clock.now() + timedelta(days=6)) == 0


def test_what_is_kept_from_an_agency_is_not_asked_of_it_either_X3(world):
    action = db.session.get(Action, world.actions["probation"])
    action.status = "proposed"
    db.session.commit()
    record(world, "northgate", withheld=frozenset({"accommodation"}))
    db.session.refresh(action)
    assert action.status == "proposed"


def test_an_event_ends_a_consent_and_a_day_does_too(world, as_):
    empty = {f"expires_on-{part}": "" for part in ("day", "month", "year")}
    answer = send(as_("orla"), new(world), **agreed(expires_when="when he has moved in", **empty))
    assert answer.status_code == 303
    (grant,) = rows(world.agencies["northgate"])
    assert grant.expires_when == "when he has moved in"
    assert timedelta(days=700) < grant.expires_on - clock.today() < timedelta(days=740)


def test_an_agency_not_yet_known_is_found_without_script_by_part_of_its_name(world, as_):
    browser = as_("orla")
    page = browser.get(f"{BASE}/new?words=ARÉA off").text
    assert "Area Office" in page and "Harbour Hostel" not in page
    piece = browser.get(f"{BASE}/new?words=harb", headers={"HX-Request": "true"})
    assert piece.headers["HX-Fragment"] == "1" and "Harbour Hostel" in piece.text
    assert "No agency matches" in browser.get(f"{BASE}/new?words=zzz🧨" + "x" * 500).text
    assert send(browser, new(world, "area"), **agreed()).status_code == 303


def test_a_post_without_an_agency_is_not_found(world, as_):
    browser = as_("orla")
    token = browser.token(new(world))
    for path in ("new", "refused", "never"):
        assert browser.post(f"{BASE}/{path}", data={"csrf_token": token}).status_code == 404


# --- a no -------------------------------------------------------------------------------------------------------


def test_a_no_is_written_down_and_shares_nothing_X2(world, as_):
    page = f"{BASE}/refused?agency={ids.written(world.agencies['northgate'])}"
    answer = send(as_("orla"), page, reason="not those people CANARY-NO")
    assert answer.status_code == 303
    assert as_("mark").get(f"{BASE}/own").status_code == 404
    page = as_("orla").get(BASE).text
    assert "Said no" in page and "not those people CANARY-NO" in page
    assert not db.session.scalar(select(func.count()).where(Notification.user_id == world.mark.user_id))


def test_a_no_cannot_be_written_down_while_the_plan_stays_open(world, as_):
    page = f"{BASE}/refused?agency={ids.written(world.agencies['harbour'])}"
    answer = send(as_("orla"), page)
    assert answer.status_code == 422 and "Withdraw it" in answer.text
    assert len(rows(world.agencies["harbour"])) == 1


# --- entered in error, the person's copy --------------------------------------------------------------------------


def test_a_row_entered_in_error_stays_marked_and_opens_nothing(world, as_):
    answer = send(as_("orla"), grant_page(world, "harbour", "error"), reason="wrong\nhostel")
    assert answer.status_code == 303
    assert as_("tomasz").get(f"{BASE}/own").status_code == 404
    assert "wrong hostel" in as_("orla").get(BASE).text


def test_marking_an_old_row_tells_an_agency_nothing_and_never_breaks(world, as_):
    browser = as_("orla")
    refused = consent.refuse(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        agency_id=world.agencies["northgate"],
        kind=ConsentKind.INFORMATION_SHARING,
    )
    answer = send(browser, f"{BASE}/{ids.written(refused)}/error", reason="never asked")
    assert answer.status_code == 303
    assert not db.session.scalar(select(func.count()).where(Notification.user_id == world.mark.user_id))
    consent.withdraw(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        grant_id=world.grants["harbour"],
        how="phone",
    )
    answer = send(browser, grant_page(world, "harbour", "error"), reason="typed twice")
    assert answer.status_code == 303
    assert db.session.get(ConsentGrant, world.grants["harbour"]).status is ConsentStatus.ENTERED_IN_ERROR


def test_the_persons_copy_says_in_plain_words_what_was_agreed_and_kept_X1(world, as_):
    grant = record(world, "northgate", withheld=frozenset({"drug_use"}), left_out="my sister’s name")
    page = as_("orla").get(f"{BASE}/{ids.written(grant)}/copy").text
    for words in (
        "You agreed that Northgate Probation",
        "Drug use",
        "my sister’s name",
        "take it back on any day",
    ):
        assert words in page
    printed = select(func.count()).where(AuditEntry.act == "printed", AuditEntry.case_id == world.case_id)
    assert db.session.scalar(printed) == 1


# --- never to be told ---------------------------------------------------------------------------------------------


def test_never_to_be_told_ends_sight_and_is_lifted_only_on_purpose(world, as_):
    browser, tomasz = as_("orla"), as_("tomasz")
    page = f"{BASE}/never?agency={ids.written(world.agencies['harbour'])}"
    shown = browser.get(page).text
    assert "Send the housing support letter" in shown and "2 members of staff there lose sight" in shown
    assert send(browser, page, reason="an old quarrel CANARY-NEVER").status_code == 303
    assert tomasz.get(f"{BASE}/own").status_code == 404
    index = browser.get(BASE).text
    assert "Never to be told" in index and "never to be told, but has 2 actions" in index
    answer = send(browser, new(world, "harbour"), **agreed())
    assert answer.status_code == 422 and "Lift that first" in answer.text
    again = send(browser, page)
    assert again.status_code == 422 and "already never to be told" in again.text
    (exclusion,) = db.session.scalars(select(ConsentExclusion)).all()
    lift = f"{BASE}/never/{ids.written(exclusion.id)}/lift"
    assert send(browser, lift).status_code == 422
    assert send(browser, lift, agreed="y").status_code == 303
    assert tomasz.get(f"{BASE}/own").status_code == 404, "lifting shares nothing"


def test_who_is_never_to_be_told_is_known_to_nobody_else(world, as_):
    consent.exclude(
        world.case_for(world.orla),
        actor=world.orla,
        at=clock.now(),
        agency_id=world.agencies["northgate"],
        reason="CANARY-NEVER",
    )
    for who in ("tomasz", "leah", "shauna"):
        browser = as_(who)
        for page in ("", "/plan", "/timeline", "/consent/own"):
            text = browser.get(f"/cases/41729304{page}").text
            assert "CANARY-NEVER" not in text and "never to be told" not in text.lower()
            assert who == "shauna" or "Northgate" not in text or page == "/plan"
