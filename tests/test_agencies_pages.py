"""Agencies, their contacts, settings and areas, and the directory that everybody reads."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from caseapp import clock
from caseapp.errors import RuleBroken
from caseapp.ids import written
from caseapp.models import Agency, AgencyContact, AgencySetting, Area, Case, CaseAssignment, JobRun, User
from caseapp.queries import agencies as reads
from caseapp.queries import settings as setting_reads
from caseapp.services import agencies, settings
from caseapp.vocabulary import AgencyKind, Role
from tests.browser import fields_of


@pytest.fixture
def brid(as_):
    return as_("brid")


@pytest.fixture
def root(as_):
    return as_("root")


def twice(address):
    return address, address


# --- the own agency -----------------------------------------------------------------------------------------


def test_an_administrator_keeps_the_entry_and_it_counts_as_checked(brid, world, db_session):
    answer = brid.submit(
        *twice("/agency/edit"),
        phone="020 915 0555",
        website="https://harbour.example",
        about="Beds & breakfast",
    )
    assert answer.status_code == 303
    agency = db_session.get(Agency, world.agencies["harbour"])
    assert (agency.phone, agency.checked_on) == ("020 915 0555", clock.today())
    assert "020 915 0555" in brid.get("/agency").text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": ""}, "Give the agency"),
        ({"name": "canal street drug service"}, "exists already"),
        ({"name": "x" * 9000}, "At most"),
        ({"kind": "nonsense"}, "Choose one of the list"),
        ({"kind": "coordination"}, "Only a system administrator"),
        ({"kind": "prescribing_clinic"}, "Only a system administrator"),
        ({"area_id": "1"}, "Choose an area"),
        ({"area_id": "9" * 40}, "Choose an area"),
        ({"website": "ftp://harbour.example"}, "https://"),
        ({"email": "nonsense"}, "whole e-mail address"),
        ({"protocols_signed_on-day": "31", "protocols_signed_on-month": "11"}, "There is no 31 November"),
        ({"protocols_signed_on-year": "2099"}, "has not come yet"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_beside_the_field(brid, world, db_session, typed, says):
    answer = brid.submit(*twice("/agency/edit"), **typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert db_session.get(Agency, world.agencies["harbour"]).version == 1


def test_a_stale_entry_is_not_overwritten(brid, root, world, db_session):
    typed = fields_of(brid.get("/agency/edit").text)
    root.submit(*twice(f"/system/agencies/{written(world.agencies['harbour'])}/edit"), phone="020 915 0444")
    answer = brid.post("/agency/edit", data=typed | {"phone": "020 915 0333"})
    assert answer.status_code == 409
    assert "020 915 0444" in answer.text
    assert db_session.get(Agency, world.agencies["harbour"]).phone == "020 915 0444"


def test_an_agency_that_has_not_signed_is_marked(brid, as_, world, db_session):
    """S2-47."""
    db_session.execute(
        update(Agency).where(Agency.id == world.agencies["harbour"]).values(protocols_signed_on=None)
    )
    assert "Has not signed up to the protocols" in brid.get("/agency").text
    everybody = as_("orla")
    assert "Has not signed up to the protocols" in everybody.get("/directory?words=harbour").text
    assert "Not signed up" in everybody.get(f"/directory/{written(world.agencies['harbour'])}").text


def test_contacts_are_added_changed_and_ended(brid, world, db_session):
    brid.submit(*twice("/agency/contacts/new"), name="Dara Desk-Demo", phone="020 915 0222")
    contact = db_session.scalar(select(AgencyContact))
    address = f"/agency/contacts/{written(contact.id)}"
    assert brid.submit(address, address, job="Night desk").status_code == 303
    assert "Night desk" in brid.get("/agency").text
    brid.submit(address, address + "/end")
    assert "Dara" not in brid.get(f"/directory/{written(world.agencies['harbour'])}").text
    assert brid.get(address).status_code == 404


@pytest.mark.parametrize(
    "typed", [{"name": "", "phone": "1"}, {"name": "Dara"}, {"name": "Dara", "email": "x"}]
)
def test_a_contact_needs_a_name_and_a_way_to_reach_them(brid, db_session, typed):
    assert brid.submit(*twice("/agency/contacts/new"), **typed).status_code == 422
    assert db_session.scalar(select(AgencyContact.id)) is None


def test_contacts_of_another_agency_are_out_of_reach(brid, world, db_session):
    contact = agencies.add_contact(
        world.agencies["canal"], actor=None, at=clock.now(), name="Cara Canal-Demo", phone="1"
    )
    address = f"/agency/contacts/{written(contact)}"
    assert brid.get(address).status_code == 404
    assert brid.post(address + "/end", data={"csrf_token": brid.token("/agency/edit")}).status_code == 404


# --- settings -----------------------------------------------------------------------------------------------


def test_every_setting_is_explained_with_its_default(brid):
    page = brid.get("/agency/settings").text
    for line in ("CFG-1", "CFG-16", "Time between two checks of a file", "default"):
        assert line in page


def test_a_setting_counts_at_once_and_its_change_is_on_record(brid, world):
    """CFG-3."""
    assert setting_reads.value(world.agencies["harbour"], "audit_interval_months") == 3
    address = "/agency/settings/audit_interval_months"
    assert brid.submit(address, address, value="6").status_code == 303
    assert setting_reads.value(world.agencies["harbour"], "audit_interval_months") == 6
    assert setting_reads.value(world.agencies["canal"], "audit_interval_months") == 3
    page = brid.get(address).text
    assert "3 months" in page.split("Changes")[1]
    assert "Bríd Colgan" in page
    brid.submit(address, address + "/reset")
    assert setting_reads.value(world.agencies["harbour"], "audit_interval_months") == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("audit_interval_months", "7"),
        ("audit_interval_months", ""),
        ("non_attendance_days", "1000"),
        ("non_attendance_days", "9" * 50),
        ("harm_reduction", "perhaps"),
        ("key_working_goals", "no days here"),
        ("unresolved_barriers_forum", "  "),
        ("organisation_name", "x" * 500),
        ("need_level_names", "giant = Huge"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_beside_the_field(brid, db_session, key, value):
    address = f"/agency/settings/{key}"
    answer = brid.submit(address, address, value=value)
    assert answer.status_code == 422
    assert 'id="value-error"' in answer.text
    assert db_session.scalar(select(AgencySetting.id)) is None


@pytest.mark.parametrize(
    ("key", "typed", "counts"),
    [
        ("harm_reduction", "yes", True),
        (
            "key_working_goals",
            "21: Safer-use session\r\n7: First talk",
            ("21: Safer-use session", "7: First talk"),
        ),
        ("organisation_name", "Harbour 🙂\x00", "Harbour 🙂"),
        ("non_attendance_days", "42", 42),
    ],
)
def test_each_kind_of_setting_can_be_set_and_is_shown_again(brid, world, key, typed, counts):
    address = f"/agency/settings/{key}"
    assert brid.submit(address, address, value=typed).status_code == 303
    assert setting_reads.value(world.agencies["harbour"], key) == counts
    assert brid.submit(address, address).status_code == 303  # what the form then holds is the same again
    assert setting_reads.value(world.agencies["harbour"], key) == counts


def test_a_setting_changed_meanwhile_is_not_overwritten(brid, world):
    address = "/agency/settings/non_attendance_days"
    typed = fields_of(brid.get(address).text)
    settings.set("non_attendance_days", 35, actor=world.brid, at=clock.now())
    answer = brid.post(address, data=typed | {"value": "42"})
    assert answer.status_code == 409
    assert "35 days" in answer.text
    assert setting_reads.value(world.agencies["harbour"], "non_attendance_days") == 35
    assert brid.post(address, data=fields_of(answer.text)).status_code == 303
    assert setting_reads.value(world.agencies["harbour"], "non_attendance_days") == 42


def test_an_unknown_setting_is_not_there(brid):
    assert brid.get("/agency/settings/nonsense").status_code == 404


@pytest.mark.parametrize("who", ["tomasz", "amina", "declan", "femi", "root", "sinead"])
def test_only_its_own_administrator_keeps_an_agency(as_, who):
    for address in ("/agency", "/agency/edit", "/agency/settings", "/agency/contacts/new"):
        assert as_(who).get(address).status_code == 403


# --- the system administrator -------------------------------------------------------------------------------


def new_agency(root, world, **more):
    area = str(next(iter(dict(reads.area_choices()))))
    values = {
        "name": "Lantern Centre",
        "kind": "voluntary",
        "area_id": area,
        "admin_name": "Lena Lantern-Demo",
        "admin_email": "lena@lantern.example",
    } | more
    return root.submit(*twice("/system/agencies/new"), **values)


def test_an_agency_is_added_with_its_first_administrator(root, world, db_session):
    answer = new_agency(root, world)
    assert "Give this link yourself" in answer.text
    lena = db_session.scalar(select(User).where(User.email == "lena@lantern.example"))
    assert lena.roles == Role.AGENCY_ADMIN
    assert db_session.get(Agency, lena.agency_id).name == "Lantern Centre"


@pytest.mark.parametrize(
    "bad",
    [
        {"admin_email": "orla@canal.example"},
        {"admin_email": "x"},
        {"admin_name": ""},
        {"name": "HARBOUR HOSTEL"},
    ],
)
def test_an_agency_without_a_right_administrator_is_not_added(root, world, db_session, bad):
    assert new_agency(root, world, **bad).status_code == 422
    assert db_session.scalar(select(Agency.id).where(Agency.name == "Lantern Centre")) is None


def test_an_agency_that_leads_open_cases_is_not_switched_off(root, world, db_session):
    address = f"/system/agencies/{written(world.agencies['canal'])}/off"
    answer = root.submit(*twice(address), reason="closed down")
    assert answer.status_code == 422
    assert "leads one open case" in answer.text
    assert "Niall" not in answer.text
    assert db_session.get(Agency, world.agencies["canal"]).active


def test_switching_an_agency_off_ends_access_of_all_its_staff(root, as_, world):
    tomasz = as_("tomasz")
    assert tomasz.get("/account").status_code == 200
    address = f"/system/agencies/{written(world.agencies['harbour'])}"
    assert root.submit(*twice(address + "/off"), reason="closed down").status_code == 303
    assert tomasz.get("/account").status_code == 303
    assert "Harbour Hostel" not in as_("orla").get("/directory").text
    root.submit(address, address + "/on")
    assert "Harbour Hostel" in as_("orla").get("/directory").text
    assert tomasz.get("/account").status_code == 303  # the old session stays ended


def test_a_system_administrator_sees_administrators_and_no_worker(root, world):
    page = root.get(f"/system/agencies/{written(world.agencies['harbour'])}").text
    assert "Bríd Colgan" in page
    assert "Tomasz Wilk" not in page


def test_a_worker_is_out_of_reach_of_the_system_administrator(root, world):
    address = (
        f"/system/agencies/{written(world.agencies['harbour'])}/people/{written(world.tomasz.user_id)}/off"
    )
    assert root.get(address).status_code == 404


def test_an_administrator_is_invited_and_switched_off(root, world, db_session):
    address = f"/system/agencies/{written(world.agencies['harbour'])}"
    root.submit(*twice(address + "/people/new"), name="Moya Demo", email="moya@harbour.example", roles="4")
    moya = db_session.scalar(select(User).where(User.email == "moya@harbour.example"))
    off = f"{address}/people/{written(moya.id)}/off"
    assert root.submit(*twice(off), reason="has left").status_code == 303
    assert db_session.get(User, moya.id).disabled_at is not None


def test_areas_are_added_renamed_and_switched_off(root, db_session):
    assert root.submit(*twice("/system/areas/new"), name="Estuary", kind="regional").status_code == 303
    area = db_session.scalar(select(Area).where(Area.name == "Estuary"))
    address = f"/system/areas/{written(area.id)}"
    typed = fields_of(root.get(address).text)
    typed.pop("active")
    assert root.post(address, data=typed | {"name": "Estuary South"}).status_code == 303
    area = db_session.get(Area, area.id)
    assert (area.name, area.active) == ("Estuary South", False)
    assert (area.id, area.name) not in reads.area_choices()
    assert root.post(address, data=typed | {"name": "Estuary East", "once": ""}).status_code == 409


def test_two_areas_do_not_share_a_name(root):
    answer = root.submit(*twice("/system/areas/new"), name="liffey north", kind="local")
    assert answer.status_code == 422
    assert "exists already" in answer.text


def test_duties_that_have_not_run_for_two_days_are_seen(root, db_session):
    assert "The daily duties have not run yet" in root.get("/system/agencies").text
    run = JobRun(name="mail", started_at=clock.now(), finished_at=clock.now(), outcome="0 sent")
    db_session.add(run)
    db_session.commit()
    assert "The daily duties have not run" not in root.get("/system/agencies").text
    run.finished_at -= timedelta(days=3)
    db_session.commit()
    assert "The daily duties have not run since" in root.get("/system/agencies").text


@pytest.mark.parametrize("who", ["tomasz", "declan", "brid", "femi", "gearoid"])
def test_only_a_system_administrator_keeps_agencies(as_, who):
    for address in ("/system/agencies", "/system/agencies/new", "/system/areas", "/system/areas/new"):
        assert as_(who).get(address).status_code == 403


@pytest.mark.parametrize("address", ["/people", "/caseload", "/our-actions", "/staff", "/agency"])
def test_a_system_administrator_has_no_other_work(root, address):
    assert root.get(address).status_code in {403, 404}


# --- the directory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["orla", "declan", "brid", "femi", "sinead", "gearoid", "root"])
def test_everybody_signed_in_reads_the_directory(as_, who):
    assert "Mill Road Clinic" in as_(who).get("/directory").text


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("words=MILL%20road", "Mill Road Clinic"),
        ("kind=probation", "Northgate Probation"),
        ("words=zzz", "No agency matches"),
        ("kind=nonsense&area=%27&page=0&signed=x&sort=-name", "Mill Road Clinic"),
    ],
)
def test_the_directory_is_searched(as_, query, there):
    assert there in as_("orla").get("/directory?" + query).text


def test_an_entry_not_checked_for_six_months_is_marked(as_, brid, world, db_session):
    """S4-20."""
    harbour = Agency.id == world.agencies["harbour"]
    db_session.execute(update(Agency).where(harbour).values(checked_on=clock.today() - timedelta(days=190)))
    address = f"/directory/{written(world.agencies['harbour'])}"
    assert "Not checked for a long time" in as_("orla").get(address).text
    assert "Not checked for 6 months" in as_("orla").get("/directory?words=harbour").text
    brid.submit("/agency", "/agency/confirm")
    assert "Not checked for a long time" not in as_("orla").get(address).text


def test_no_text_of_a_person_stands_in_the_directory(as_, world):
    for who in ("tomasz", "root"):
        for key in world.agencies:
            assert "CANARY" not in as_(who).get(f"/directory/{written(world.agencies[key])}").text


def test_an_agency_can_be_switched_off_once_another_leads_its_cases(world, db_session):
    db_session.execute(update(CaseAssignment).values(to_at=clock.now()))
    db_session.execute(update(Case).values(lead_agency_id=world.agencies["harbour"]))
    db_session.commit()
    agencies.deactivate(world.agencies["canal"], actor=world.root, at=clock.now(), reason="merged")
    assert not db_session.get(Agency, world.agencies["canal"]).active


def test_nobody_switches_off_the_agency_they_sign_in_through(world):
    with pytest.raises(RuleBroken):
        agencies.deactivate(world.agencies["area"], actor=world.root, at=clock.now(), reason="merged")


def test_worlds_add_areas_agencies_and_settings_through_the_same_use_cases(world):
    area = agencies.create_area(actor=None, at=clock.now(), name="Quays", kind=reads.AreaKind.LOCAL)
    agency = agencies.create(
        actor=None, at=clock.now(), name="Quay House", kind=AgencyKind.HOUSING, area_id=area, phone="1"
    )
    settings.set("key_working_goals", ["21: Talk"], actor=world.root, at=clock.now(), agency_id=agency)
    assert setting_reads.value(agency, "key_working_goals") == ("21: Talk",)
