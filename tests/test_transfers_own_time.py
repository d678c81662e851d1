"""Each lead agency answers for its own time (docs/decisions/0032): what a person asks for, whom a denial protects from, and who
looked, once another agency leads (X-4, X-5, X-8, X-13, C10)."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import literal, select, update

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import (
    AccessDenial,
    AccessRequest,
    AuditEntry,
    Base,
    Case,
    CaseNote,
    Correction,
    RestrictedEntry,
    SubjectItem,
    SubjectRequest,
    SubjectStep,
    Transfer,
)
from caseapp.models.base import UTC
from caseapp.policy import former_leads as policy
from caseapp.policy import rights, scopes
from caseapp.queries import access_requests, corrections, everything_held, former_leads
from caseapp.services import assignments, case_notes, denials, subject_items, subject_requests
from caseapp.vocabulary import (
    AccessAct,
    AccessStage,
    AskedHow,
    CorrectionOf,
    DenialGround,
    ItemDecision,
    NoteKind,
    RequestOutcome,
    RestrictedKind,
    TransferReason,
    TransferStage,
)
from tests import canaries
from tests import transfers as way
from tests.test_rights_requests import give_all, opened, packed, seen
from tests.world import LONG_AGO

pytestmark = pytest.mark.usefixtures("db_session")

#: What Canal Street wrote for itself while it led, and did not hand over.
STAYED = (
    "CANARY-OLD note",
    "CANARY-WISH another worker",
    "CANARY-SAID of the old note",
    "CANARY-DENIAL her brother",
    "CANARY-ENDED he moved away",
    "CANARY-WHY Probation knows him better by now",
    "CANARY-OTHER One person",
)


def by(viewer):
    return {"actor": viewer, "at": clock.now()}


def noted(world, text, days):
    viewer = world.orla
    case_notes.write(
        world.case_for(viewer),
        **by(viewer),
        kind=NoteKind.CONTACT,
        text=text,
        happened_at=clock.now() - timedelta(days=days),
    )
    return db.session.scalar(select(CaseNote.id).where(CaseNote.text == text))


def shut_out(world, who, reason):
    return denials.deny(
        world.case_for(world.orla),
        **by(world.orla),
        user_id=world.viewers[who].user_id,
        ground=DenialGround.FAMILY,
        reason=reason,
    )


@pytest.fixture
def gone_over(world, as_):
    """Canal Street led and wrote for itself; Northgate leads since. Gives the transfer's id."""
    as_("orla").get(f"/cases/{world.reference}/plan")
    as_("tomasz").get(f"/cases/{world.reference}/plan")
    old = noted(world, "CANARY-OLD note", 40)
    noted(world, "CANARY-NEW note", 2)
    assignments.ask_for_change(
        world.case_for(world.orla), **by(world.orla), words="CANARY-WISH another worker"
    )
    db.session.add_all(
        [
            Correction(
                case_id=world.case_id,
                about=CorrectionOf.NOTE,
                about_id=old,
                title="Note, contact, of that day",
                words="CANARY-SAID of the old note",
                said_on=clock.today(),
                recorded_at=clock.now(),
                recorded_by_id=world.orla.user_id,
                agency_id=world.agencies["canal"],
            ),
            RestrictedEntry(
                case_id=world.case_id,
                agency_id=world.agencies["canal"],
                kind=next(iter(RestrictedKind)),
                received_on=clock.today(),
                text="CANARY-APART",
                why="CANARY-APART",
                author_id=world.orla.user_id,
                written_at=clock.now(),
            ),
        ]
    )
    shut_out(world, "tomasz", "CANARY-DENIAL her brother")
    ended = shut_out(world, "leah", "CANARY-ENDED he moved away")
    denials.end(world.case_for(world.orla), ended, **by(world.orla), reason="CANARY-ENDED he moved away")
    transfer = way.begun(world)
    way.asked(world, transfer, "harbour", "CANARY-OTHER One person")
    way.asked(world, transfer)
    way.accepted(world, transfer, worker="mark")
    way.agreed(world, transfer)
    way.arranged(world, transfer)
    way.handed_over(world, transfer, notes_from=clock.today() - timedelta(days=10))
    way.looked_through(world, transfer)
    way.taken_over(world, transfer)
    db.session.commit()
    return transfer


def asked(world, about, who, **more):
    viewer = world.viewers[who]
    return subject_requests.receive(
        about,
        **by(viewer),
        received_on=clock.today(),
        how=AskedHow.SPOKEN,
        identity_how="Known in person",
        identity_on=clock.today(),
        **more,
    )


def gathered(world, request_id, who):
    viewer = world.viewers[who]
    subject_items.gather(seen(viewer, request_id), **by(viewer))
    return db.session.scalars(select(SubjectItem).where(SubjectItem.request_id == request_id)).all()


def words(items):
    return "\n".join(f"{one.held_in} {one.title} {one.content}" for one in items)


# --- what a person asks for (X-5) -----------------------------------------------------------------------------------------


def test_the_new_lead_gathers_what_was_handed_over_and_no_word_that_stayed(app, world, as_, gone_over):
    as_("mark").get(f"/cases/{world.reference}/plan")
    request_id = asked(world, world.case_for(world.mark), "mark")
    assert db.session.get(SubjectRequest, request_id).agency_id == world.agencies["northgate"]
    items = gathered(world, request_id, "nora")
    told = words(items)
    for word in STAYED:
        assert word not in told, word
    assert "restricted_entry" not in {one.held_in for one in items}, "not even that there is something"
    assert "CANARY-NEW note" in told and "CANARY-PACK-summary" in told and "CANARY-GOAL-home" in told
    (denial,) = [one for one in items if one.held_in == "access_denial"]
    assert "Tomasz Wilk" in str(denial.content), "the new lead knows whom not to admit"
    give_all(world, request_id, "nora")
    files = opened(packed(app, world, request_id, "nora"))
    page = files["read-me-first.html"]
    assert "Canal Street Drug Service led your plan until" in page and "020 915 0142" in page
    assert '"led_before": [' in files["everything.json"] and "Canal Street" in files["everything.json"]
    looked = list(csv.reader(io.StringIO(files["who-looked.csv"])))
    assert any(row[2] == "Mark Ellery" for row in looked)
    assert not [row for row in looked if row[2] in ("Orla Keaveney", "Tomasz Wilk")], "before its time"


def test_the_old_lead_answers_for_what_stayed_from_the_receipt_of_the_transfer(app, world, as_, gone_over):
    declan = as_("declan")
    receipt = way.address(gone_over)
    asking = f"{receipt}/requests/new"
    page = declan.get(receipt).text
    assert asking in page and "Niall" not in page
    assert "Niall" not in declan.get(asking).text, "the agency that led knows of the person no more"
    refused = declan.submit(asking, asking, how="spoken")
    assert refused.status_code == 422 and "Write the name that they gave" in refused.text
    assert declan.submit(asking, asking, how="spoken", asked_as="Niall Rafter").status_code == 303
    row = db.session.scalars(select(SubjectRequest)).one()
    assert (row.agency_id, row.asked_as) == (world.agencies["canal"], "Niall Rafter")
    request_id = row.id
    db.session.commit()
    as_("mark").get(f"/cases/{world.reference}/plan")
    items = gathered(world, request_id, "declan")
    told = words(items)
    for word in STAYED:
        assert word in told, word
    assert "restricted_entry" in {one.held_in for one in items} and "CANARY-APART" not in told
    assert "CANARY-GOAL-home" not in told and "person" not in {one.held_in for one in items}
    for who in ("nora", "mark", "amina"):
        assert seen(world.viewers[who], request_id) is None, who
        assert as_(who).get(asking).status_code in (403, 404), who
    subject_requests.check_identity(
        seen(world.declan, request_id), **by(world.declan), how="Known", on=clock.today()
    )
    give_all(world, request_id, "declan")
    files = opened(packed(app, world, request_id, "declan"))
    assert "Northgate Probation leads your plan since" in files["read-me-first.html"]
    looked = {row[2] for row in csv.reader(io.StringIO(files["who-looked.csv"]))}
    assert {"Orla Keaveney", "Tomasz Wilk"} <= looked and "Mark Ellery" not in looked
    show = as_("declan").get(f"/requests/{ids.written(request_id)}").text
    assert "Northgate Probation leads since" in show


def test_who_began_the_transfer_writes_it_down_and_never_reads_what_is_gathered(world, as_, gone_over):
    orla = as_("orla")
    asking = way.address(gone_over, "requests", "new")
    answer = orla.submit(asking, asking, how="spoken", asked_as="Niall Rafter")
    assert orla.get(answer.location).status_code == 200
    request_id = db.session.scalar(select(SubjectRequest.id))
    assert not seen(world.orla, request_id).answers
    assert orla.get(f"/requests/{ids.written(request_id)}/items").status_code == 403
    assert as_("shauna").get(asking).status_code == 404
    assert seen(world.femi, request_id).answers, "its privacy officer answers too"
    listed = as_("mark").get(f"/cases/{world.reference}/audit").text
    assert "Orla Keaveney" not in listed, "what they ask the old lead is no matter of the new one's"


def test_whoever_is_shut_out_of_the_person_answers_for_nothing_that_stayed(world, as_, gone_over):
    """X-8 holds for the old lead too."""
    viewer = world.declan
    request_id = asked(world, way.seen(viewer, gone_over), "declan", asked_as="Niall Rafter")
    assert seen(viewer, request_id).answers
    db.session.add(
        AccessDenial(
            user_id=viewer.user_id,
            agency_id=viewer.agency_id,
            person_id=world.person_id,
            ground=DenialGround.FAMILY,
            set_at=clock.now(),
            set_by_id=world.mark.user_id,
            set_by_agency_id=world.agencies["northgate"],
            looked_at=clock.now(),
        )
    )
    db.session.commit()
    assert seen(viewer, request_id) is None
    assert as_("declan").get(way.address(gone_over, "requests", "new")).status_code == 404


def test_a_request_that_nobody_had_gathered_is_asked_of_both_by_the_same_day(world):
    transfer = way.ready(world)
    first = asked(world, world.case_for(world.orla), "orla", words="All of it")
    way.taken_over(world, transfer)
    old, new = db.session.scalars(select(SubjectRequest).order_by(SubjectRequest.id)).all()
    assert (old.id, old.agency_id, new.agency_id) == (
        first,
        world.agencies["canal"],
        world.agencies["northgate"],
    )
    assert (new.due_on, new.words, new.identity_how) == (old.due_on, "All of it", "Known in person")
    acts = {tuple(row) for row in db.session.execute(select(SubjectStep.request_id, SubjectStep.act))}
    assert {(old.id, AccessAct.NOTED), (new.id, AccessAct.RECEIVED)} <= acts
    assert seen(world.nora, new.id).answers and seen(world.declan, old.id).answers
    assert seen(world.nora, old.id) is None and seen(world.declan, new.id) is None


def test_a_request_that_was_gathered_is_given_as_it_stood(world):
    transfer = way.ready(world)
    first = asked(world, world.case_for(world.orla), "orla")
    gathered(world, first, "declan")
    way.taken_over(world, transfer)
    assert db.session.scalars(select(SubjectRequest.id)).all() == [first]
    assert seen(world.declan, first).stage is AccessStage.REVIEW


@pytest.fixture
def full(app, database, db_session):
    """The canary world, whose case then goes over to Northgate: rows in every table that belongs to a person."""
    world = database.kept("canaries", canaries.build)
    at = clock.now() + timedelta(seconds=1)
    db.session.execute(update(Transfer).where(Transfer.ended_at.is_(None)).values(**_ENDED))
    db.session.add(
        Transfer(
            case_id=world.case_id,
            from_agency_id=world.agencies["canal"],
            to_agency_id=world.agencies["northgate"],
            reason=TransferReason.RELAPSE,
            why="CANARY-TLEAD-last",
            stage=TransferStage.EFFECTIVE,
            status_before="case_managed",
            grant_id=world.grants["harbour"],
            requested_at=LONG_AGO,
            requested_by_id=world.orla.user_id,
            ended_at=at,
        )
    )
    db.session.execute(
        update(Case)
        .where(Case.id == world.case_id)
        .values(lead_agency_id=world.agencies["northgate"], lead_since=at, line_manager_id=world.nora.user_id)
    )
    db.session.commit()
    return world


_ENDED = {"stage": TransferStage.WITHDRAWN, "ended_at": LONG_AGO}


def test_nothing_of_the_person_is_in_neither_pack(full):
    """X-5: whichever table a row stands in, one of the agencies that led answers for it; and what the old lead kept for
    itself is in its own pack alone."""
    world = full
    keys, told = {}, {}
    for agency in ("harbour", "canal", "northgate"):
        kept = everything_held.kept_by(world.agencies[agency], world.person_id)
        things = everything_held.held(
            world.person_id,
            kept.cases,
            person_too=kept.person_too,
            agency_id=world.agencies[agency],
            former=kept.former,
        )
        keys[agency] = {(one.table, one.key) for one in things}
        told[agency] = "\n".join(f"{one.title} {one.fields}" for one in things)
    assert len(keys["northgate"]) > 60 and len(keys["canal"]) > 15
    everywhere = set().union(*keys.values())
    shut = {"disclosure_step"}
    for name, rows in everything_held.walk(world.person_id, [world.case_id]):
        if name not in everything_held.SECTIONS or name in shut:
            continue
        of = everything_held.OWN_ONLY.get(name)
        table = Base.metadata.tables[name]
        for row in rows:
            if of and row[of] not in (world.agencies["canal"], world.agencies["northgate"]):
                continue
            key = ".".join(str(row[column.name]) for column in table.primary_key.columns)
            assert (name, key) in everywhere, f"nobody answers for {name} {key}"
    assert "CANARY-LEAD-case_note-text" in told["canal"]
    assert "CANARY-LEAD-case_note-text" not in told["northgate"]
    assert "CANARY-TLEAD-last" in told["canal"] and "CANARY-TLEAD-last" not in told["northgate"]
    for zone in ("TLEAD", "DOORS", "EMERG", "MADE", "HELD", "REQUEST", "RESTRICTED"):
        assert f"CANARY-{zone}-" not in told["northgate"], zone
    goals = {key for key in keys["northgate"] if key[0] == "goal"}
    assert goals and not goals & keys["canal"] and not goals & keys["harbour"]


def test_who_led_at_a_moment_also_where_the_case_comes_back(world):
    """Canal Street, then Harbour, then Canal Street again."""
    canal, harbour = world.agencies["canal"], world.agencies["harbour"]
    first, second = LONG_AGO + timedelta(days=10), LONG_AGO + timedelta(days=20)
    for from_id, to_id, at in ((canal, harbour, first), (harbour, canal, second)):
        db.session.add(
            Transfer(
                case_id=world.case_id,
                from_agency_id=from_id,
                to_agency_id=to_id,
                reason=TransferReason.RELAPSE,
                stage=TransferStage.EFFECTIVE,
                status_before="case_managed",
                grant_id=world.grants["harbour"],
                requested_at=at,
                requested_by_id=world.orla.user_id,
                ended_at=at,
            )
        )
    db.session.execute(update(Case).where(Case.id == world.case_id).values(lead_since=second))
    db.session.flush()

    def led(agency_id, at):
        predicate = policy.led_at(literal(at, UTC()))
        return bool(
            db.session.scalar(
                select(predicate).select_from(Case).where(Case.id == world.case_id),
                policy.binds_of(agency_id),
            )
        )

    hour = timedelta(hours=1)
    spans = ((LONG_AGO, canal), (first - hour, canal), (first, harbour), (second - hour, harbour))
    for at, agency_id in (*spans, (second, canal), (second + hour, canal)):
        assert [one for one in (canal, harbour) if led(one, at)] == [agency_id], at
    assert everything_held.kept_by(harbour, world.person_id).former == (world.case_id,)
    assert everything_held.kept_by(canal, world.person_id).former == ()
    beside = former_leads.beside(world.person_id, canal)
    assert [one.name for one in beside.before] == ["Harbour Hostel"] and beside.after == ()


# --- whom a denial protects from (X-8) ------------------------------------------------------------------------------------


def test_a_denial_goes_on_protecting_under_the_new_lead_which_reads_who_and_not_why(world, as_, gone_over):
    assert as_("tomasz").get(f"/cases/{world.reference}/plan").status_code == 404
    assert scopes.find_case(world.tomasz, world.reference) is None
    page = as_("nora").get(f"/cases/{world.reference}/denials").text
    assert "Tomasz Wilk" in page and "Family of the person" in page
    assert "Recorded while another agency led, by Canal Street Drug Service" in page
    assert "CANARY-DENIAL" not in page
    assert "Leah Quigg" not in page and "CANARY-ENDED" not in page, "what had ended stays with the old lead"
    assert "Canal Street Drug Service led until" in page
    denial = db.session.scalar(select(AccessDenial.id).where(AccessDenial.ended_at.is_(None)))
    end = as_("nora").get(f"/cases/{world.reference}/denials/{ids.written(denial)}/end").text
    assert "Recorded by Canal Street Drug Service, which knows why: ask it first" in end
    assert "CANARY" not in end
    denials.keep(world.case_for(world.nora), denial, **by(world.nora), text="Asked, and he wishes it")
    db.session.commit()
    page = as_("nora").get(f"/cases/{world.reference}/denials").text
    assert "Asked, and he wishes it" in page and "CANARY-DENIAL" not in page


def test_before_a_transfer_those_who_answer_read_why(world, as_):
    shut_out(world, "tomasz", "CANARY-DENIAL her brother")
    db.session.commit()
    page = as_("declan").get(f"/cases/{world.reference}/denials").text
    assert "CANARY-DENIAL her brother" in page and "another agency led" not in page


# --- who looked (X-13) ------------------------------------------------------------------------------------------------------


def test_who_looked_before_is_not_the_new_leads_to_read(world, as_, gone_over):
    as_("mark").get(f"/cases/{world.reference}/plan")
    nora = as_("nora")
    for path in ("audit", "audit/print", "audit.csv"):
        page = nora.get(f"/cases/{world.reference}/{path}").text
        assert "Mark Ellery" in page, path
        assert "Orla Keaveney" not in page and "Tomasz Wilk" not in page, path
        if path != "audit.csv":
            assert "Canal Street Drug Service led until" in page, path
    entries = select(AuditEntry.user_name).where(AuditEntry.case_id == world.case_id)
    assert "Orla Keaveney" in db.session.scalars(entries).all(), "it is kept, and sealed as it was"
    for path in ("consent/disclosures", "consent/disclosures/print"):
        page = nora.get(f"/cases/{world.reference}/{path}").text
        assert "Tomasz Wilk" not in page and "Canal Street Drug Service led until" in page, path
    officer = as_("femi").get("/privacy")
    assert officer.status_code == 200


def test_before_a_transfer_nobody_is_sent_elsewhere(world, as_):
    as_("tomasz").get(f"/cases/{world.reference}/plan")
    page = as_("declan").get(f"/cases/{world.reference}/audit").text
    assert "Tomasz Wilk" in page and "led until" not in page


def test_who_asked_to_be_let_in_before_is_the_old_leads_to_know_but_who_still_waits(world, as_):
    """What was answered stays with who answered it; what waits, waits for whoever leads now."""
    at = clock.now()
    for who, outcome in (("shauna", RequestOutcome.REFUSED), ("amina", None)):
        viewer = world.viewers[who]
        db.session.add(
            AccessRequest(
                asker_id=viewer.user_id,
                agency_id=viewer.agency_id,
                case_id=world.case_id,
                purpose=f"CANARY-PURPOSE-{who}",
                needed_until=clock.today() + timedelta(days=9),
                asked_at=at,
                lapses_on=clock.today() + timedelta(days=9),
                decided_at=outcome and at,
                decided_by_id=outcome and world.declan.user_id,
                outcome=outcome,
                answer="CANARY-ANSWERED" if outcome else "",
            )
        )
    before = access_requests.of_case(world.case_for(world.declan), viewer=world.declan)
    assert {one.asker for one in before} == {"Shauna Begley", "Amina Yusuf"}
    way.taken_over(world, way.ready(world))
    shown = access_requests.of_case(world.case_for(world.nora), viewer=world.nora)
    assert [one.asker for one in shown] == ["Amina Yusuf"]
    kept = {
        agency: everything_held.kept_by(world.agencies[agency], world.person_id)
        for agency in ("canal", "northgate")
    }
    asked_of = {
        agency: [
            str(one.fields)
            for one in everything_held.held(
                world.person_id,
                keeps.cases,
                person_too=keeps.person_too,
                agency_id=world.agencies[agency],
                former=keeps.former,
            )
            if one.table == "access_request"
        ]
        for agency, keeps in kept.items()
    }
    assert len(asked_of["northgate"]) == 1 and "CANARY-PURPOSE-amina" in asked_of["northgate"][0]
    assert "CANARY-PURPOSE-shauna" in str(asked_of["canal"])


def test_what_the_person_says_about_a_note_that_stayed_stays_with_it(world, gone_over):
    """X-12: the new lead reads no word about a note that it does not read."""
    shown = corrections.said(world.case_for(world.mark), viewer=world.mark)
    assert [one.words for one in shown if one.about is CorrectionOf.NOTE] == []


def test_waiting_items_of_either_pack_are_its_own_reviewers_alone(world, gone_over):
    mine = asked(world, world.case_for(world.mark), "mark")
    theirs = asked(world, way.seen(world.declan, gone_over), "declan", asked_as="Niall")
    for request_id, reviewer, other in ((mine, "nora", "declan"), (theirs, "declan", "nora")):
        items = [one for one in gathered(world, request_id, reviewer) if one.decision is ItemDecision.WAITING]
        assert items
        assert rights.find_subject_item(world.viewers[other], items[0].id) is None
        assert rights.find_subject_item(world.viewers[reviewer], items[0].id) is not None
