"""The canaries of meetings: rows for the world of tests/canaries.py, written with their words at once.

TABLE: what everybody who is invited reads. REPORT: Harbour Hostel's own words to the chair; CLINICSEAT: the clinic's.
HSTAFF: what a manager of Harbour Hostel says to its worker, and nobody outside reads. GROUPHOST, GROUP: a group meeting
of the coordinator, to which Harbour Hostel is invited.
"""

from datetime import timedelta

from sqlalchemy import select

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Action,
    AgendaPoint,
    Attendee,
    AttendeeReport,
    CorrectionRequest,
    DecisionView,
    LeadClaim,
    LeadTalk,
    Meeting,
    MeetingApart,
    MeetingDecision,
    MeetingReason,
    MeetingRecord,
    MeetingStep,
    Minutes,
    MinutesAmendment,
    MinutesCopy,
    Notification,
)
from caseapp.policy.meetings import find_meeting
from caseapp.queries import meeting_minutes_content
from caseapp.vocabulary import (
    Answer,
    AttendeeKind,
    MeetingKind,
    MeetingStatus,
    MeetingTrigger,
    PointSource,
    Presence,
    Standpoint,
)
from tests.world import LONG_AGO

#: What each persona may read beside what tests/canaries.py says.
MAY_READ = {
    "orla": {"TABLE", "REPORT", "CLINICSEAT"},
    "declan": {"TABLE", "REPORT", "CLINICSEAT"},
    "tomasz": {"TABLE", "REPORT", "HSTAFF", "GROUP"},
    "amina": {"TABLE", "REPORT", "HSTAFF", "GROUP"},
    "leah": {"TABLE", "CLINICSEAT"},
    "sinead": {"GROUPHOST", "GROUP"},
    "gearoid": {"GROUPHOST", "GROUP"},
}
TABLES = {
    "meeting",
    "meeting_reason",
    "meeting_attendee",
    "meeting_report",
    "meeting_report_action",
    "meeting_lead_talk",
    "meeting_lead_claim",
    "meeting_step",
    "meeting_point",
    "meeting_record",
    "meeting_decision",
    "meeting_decision_view",
    "meeting_change",
    "meeting_apart",
    "minutes",
    "minutes_copy",
    "minutes_amendment",
    "minutes_correction",
    "minutes_confirmation",
}


def word(zone: str, *about: str) -> str:
    return f"CANARY-{zone}-{'-'.join(about)}"


class _Writer:
    """Writes the meetings of one case, or the group's; `zone` of the foreign case is FOREIGN throughout."""

    def __init__(self, world, case_id, *, lead, cm, partners, foreign):
        self.world, self.case_id, self.cm, self.foreign = world, case_id, cm, foreign
        self.lead, self.partners = world.agencies[lead], [world.agencies[key] for key in partners]
        self.seats: dict[int, list[int]] = {}

    def z(self, zone: str) -> str:
        if self.case_id is None and zone in {"REPORT", "TABLE"}:
            return "GROUP"
        return "FOREIGN" if self.foreign else zone

    def add(self, row):
        db.session.add(row)
        db.session.flush()
        return row

    def meeting(self, kind, status, days, **more) -> Meeting:
        z, starts = self.z, clock.now() + timedelta(days=days)
        over = status in (MeetingStatus.HELD, MeetingStatus.ISSUED)
        host, table = ("GROUPHOST", "GROUP") if kind is MeetingKind.GROUP else ("LEAD", "TABLE")
        row = self.add(
            Meeting(
                case_id=self.case_id,
                agency_id=self.lead,
                kind=kind,
                status=status,
                status_at=LONG_AGO,
                status_reason=word(z(host), "reason"),
                title=word(z(table), "title"),
                aim=word(z(host), "aim"),
                why_not_phone=word(z(host), "phone"),
                message=word(z(table), "message"),
                proposed_at=LONG_AGO,
                proposed_by_id=self.cm.user_id,
                decided_at=LONG_AGO,
                decided_by_id=self.cm.user_id,
                decided_note=word(z(host), "decided"),
                starts_at=starts,
                ends_at=starts + timedelta(hours=1),
                place=word(z(table), "place"),
                link="https://example.invalid/" + word(z(table), "link"),
                chair_id=self.cm.user_id,
                chair_name=word(z(table), "chair"),
                chair_reason=word(z(host), "chairreason"),
                minutes_by_name=word(z(table), "minutesby"),
                invited_at=LONG_AGO + timedelta(days=2),
                person_invited_how=word(z(host), "how"),
                person_not_invited_reason=word(z(host), "whynot"),
                begun_at=starts if over else None,
                ended_at=starts + timedelta(hours=1) if status is MeetingStatus.ISSUED else None,
                **more,
            )
        )
        self.add(
            MeetingReason(meeting_id=row.id, trigger=MeetingTrigger.UNCLEAR, note=word(z(host), "trigger"))
        )
        for zone, about in (
            (host, {}),
            ("REPORT", {"for_agency_id": self.partners[0]}),
            (table, {"for_all": True}),
        ):
            self.add(
                MeetingStep(
                    meeting_id=row.id,
                    at=LONG_AGO,
                    actor_id=self.cm.user_id,
                    agency_id=self.lead,
                    kind="x",
                    text=word(z(zone), "step"),
                    **about,
                )
            )
        self.places(row, status is MeetingStatus.ISSUED, over, host)
        for viewer in self.world.viewers.values():
            self.add(
                Notification(
                    user_id=viewer.user_id,
                    at=clock.now(),
                    kind="meeting_invited",
                    case_id=self.case_id,
                    meeting_id=row.id,
                )
            )
        return row

    def places(self, meeting, over, begun, host):
        """The person, a supporter, the lead agency and each partner; the first has sent a report."""
        z, found = self.z, []
        for kind, agency_id in (
            (AttendeeKind.AGENCY, self.partners[0]),
            *((AttendeeKind.AGENCY, one) for one in self.partners[1:]),
            (AttendeeKind.AGENCY, self.lead),
            (AttendeeKind.SUPPORTER, None),
            (AttendeeKind.PERSON, None),
        ):
            if kind is not AttendeeKind.AGENCY and self.case_id is None:
                continue
            own = "REPORT" if agency_id == self.partners[0] else "CLINICSEAT"
            own = host if agency_id in (None, self.lead) else own
            name = {"REPORT": "HARBOUR", "CLINICSEAT": "CLINIC"}.get(own, "CANAL" if agency_id else "LEAD")
            if self.case_id is None:
                name = "GROUP"
            if over and agency_id in (None, self.lead):
                name = "TABLE"  # who sat together has met
            staff = {"REPORT": "HSTAFF", "CLINICSEAT": "CLINICSTAFF"}.get(own, "LEAD")
            row = self.add(
                Attendee(
                    meeting_id=meeting.id,
                    kind=kind,
                    agency_id=agency_id,
                    name="" if kind is AttendeeKind.PERSON else word(z(name), "name"),
                    role=word(z(own if agency_id else "PLAN" if over else "LEAD"), "role"),
                    added_at=LONG_AGO,
                    added_by_id=self.cm.user_id,
                    invited_at=LONG_AGO + timedelta(days=2),
                    answer=Answer.DECLINED if agency_id == self.partners[0] else Answer.COMING,
                    answered_at=LONG_AGO + timedelta(days=3),
                    answered_by_id=self.cm.user_id,
                    answer_note=word(z(own), "note"),
                    permission_given=False,
                    permission_at=LONG_AGO,
                    permission_reason=word(z(staff), "permission"),
                    handover_note=word(z(own), "handover"),
                    call_at=LONG_AGO,
                    call_note=word(z(own), "call"),
                    presence=Presence.THERE if begun else None,
                )
            )
            found.append(row.id)
        self.seats[meeting.id] = found
        self.add(
            AttendeeReport(
                attendee_id=found[0],
                meeting_id=meeting.id,
                agency_id=self.partners[0],
                written_at=LONG_AGO,
                written_by_id=self.cm.user_id,
                sent_at=LONG_AGO,
                **{
                    name: word(z("REPORT"), name)
                    for name in ("contribution", "issues", "proposals", "availability")
                },
            )
        )

    def points(self, meeting):
        z, issued = self.z, meeting.status is MeetingStatus.ISSUED
        for agency_id, zone, for_all in (
            #: issued minutes are whole for the clinic
            (self.partners[0], "HARBOUR" if issued else "REPORT", False),
            (self.lead, "PLAN" if issued else "LEAD", False),
            (self.lead, "TABLE", True),
        ):
            point_id = new_id()
            self.add(
                AgendaPoint(
                    id=point_id,
                    meeting_id=meeting.id,
                    key=f"own:{point_id}",
                    source=PointSource.OWN,
                    title=word(z(zone), "point"),
                    text=word(z(zone), "pointtext"),
                    note=word(z(zone if issued else "LEAD"), "pointnote"),
                    added_at=LONG_AGO,
                    added_by_id=self.cm.user_id,
                    added_agency_id=agency_id,
                    for_all=for_all,
                )
            )

    def room(self, meeting, actions):
        """What was said and decided: of Harbour's action, of the clinic's, for all, and of the lead's own."""
        z = self.z
        #: the clinic's copy of issued minutes is whole (S3-48)
        whole = "PLAN" if meeting.status is MeetingStatus.ISSUED else "LEAD"
        self.add(
            MeetingRecord(
                meeting_id=meeting.id,
                persons_view=word(z("TABLE"), "view"),
                persons_view_from=word(z("TABLE"), "viewfrom"),
                not_agreed=word(z(whole), "notagreed"),
                next_place=word(z("TABLE"), "nextplace"),
                saved_at=LONG_AGO,
                saved_by_id=self.cm.user_id,
            )
        )
        apart = self.add(
            MeetingApart(
                meeting_id=meeting.id,
                reason=word(z("LEAD"), "apart"),
                text=word(z("LEAD"), "aparttext"),
                begun_at=LONG_AGO,
                ended_at=LONG_AGO,
                begun_by_id=self.cm.user_id,
                there=[],
            )
        )
        made = []
        for zone, about in (
            ("HARBOUR", {"action_id": actions[0], "for_agency_id": self.partners[0]}),
            ("CLINIC", {"action_id": actions[1]}),
            ("TABLE", {"for_all": True}),
            (whole, {}),
            ("LEAD", {"apart_id": apart.id}),
        ):
            row = self.add(
                MeetingDecision(
                    meeting_id=meeting.id,
                    text=word(z(zone), "decision"),
                    reason=word(z(zone), "decisionreason"),
                    made_at=LONG_AGO,
                    made_by_id=self.cm.user_id,
                    recorded_at=LONG_AGO,
                    **about,
                )
            )
            made.append(row.id)
        self.add(
            DecisionView(
                decision_id=made[3],
                attendee_id=self.seats[meeting.id][0],
                stands=Standpoint.DISAGREES,
                words=word(z(whole), "against"),
            )
        )
        return made

    def lead_question(self, meeting):
        z = self.z
        self.add(
            LeadTalk(
                meeting_id=meeting.id,
                **{
                    name: word(z("LEAD"), name)
                    for name in (
                        "staff_said",
                        "staff_persons_view",
                        "managers_said",
                        "managers_persons_view",
                        "principles",
                        "persons_choice",
                        "agreed_how",
                    )
                },
            )
        )
        for agency_id, zone in ((self.partners[0], "REPORT"), (self.lead, "LEAD")):
            self.add(
                LeadClaim(
                    meeting_id=meeting.id,
                    agency_id=agency_id,
                    words=word(z(zone), "claim"),
                    written_at=LONG_AGO,
                    written_by_id=self.cm.user_id,
                )
            )


def fill(world) -> dict[str, dict[str, list]]:
    """Every kind of meeting, for Niall's case, the foreign one, and the group; gives the values of each parameter of an
    address. Runs last, so that the frozen minutes are cut from words that are canaries already."""
    own = _Writer(
        world, world.case_id, lead="canal", cm=world.orla, partners=("harbour", "clinic"), foreign=False
    )
    theirs = _Writer(
        world,
        world.foreign_case_id,
        lead="northgate",
        cm=world.mark,
        partners=("harbour", "clinic"),
        foreign=True,
    )
    found = {}
    for side, writer in (("own", own), ("foreign", theirs)):
        actions = (
            [world.actions["letter"], world.actions["dose"]]
            if side == "own"
            else list(
                db.session.scalars(select(Action.id).where(Action.case_id == world.foreign_case_id).limit(2))
            )
        )
        coming = writer.meeting(MeetingKind.LEAD_AGENCY, MeetingStatus.SCHEDULED, 9)
        writer.points(coming)
        writer.lead_question(coming)
        held = writer.meeting(MeetingKind.CASE_MEETING, MeetingStatus.HELD, -1)
        writer.points(held)
        begun = writer.room(held, actions)
        issued = writer.meeting(
            MeetingKind.CASE_MEETING,
            MeetingStatus.ISSUED,
            -20,
            issued_at=clock.now() - timedelta(days=18),
            decisions_sent_at=clock.now() - timedelta(days=19),
        )
        writer.points(issued)
        made = writer.room(issued, actions)
        correction = _minutes(writer, issued)
        found[side] = {
            "meeting_id": [coming.id, held.id, issued.id],
            "attendee_id": [writer.seats[one.id][0] for one in (coming, held, issued)],
            "decision_id": [begun[0], begun[0], made[0]],
            "correction_id": [correction, correction, correction],
            "how": ["cancelled", "postponed"],
        }
    group = _Writer(world, None, lead="area", cm=world.sinead, partners=("harbour",), foreign=False)
    sitting = group.meeting(MeetingKind.GROUP, MeetingStatus.SCHEDULED, 5)
    conference = _conference(world)
    foreign = found["foreign"]
    foreign["meeting_id"] = [foreign["meeting_id"][0], sitting.id, conference.id]
    foreign["attendee_id"] = [
        foreign["attendee_id"][0],
        group.seats[sitting.id][0],
        foreign["attendee_id"][2],
    ]
    db.session.flush()
    return found


def _minutes(writer, meeting) -> int:
    file = find_meeting(writer.cm, meeting.id)
    row = Minutes(
        id=new_id(),
        meeting_id=meeting.id,
        case_id=meeting.case_id,
        issued_at=clock.now() - timedelta(days=18),
        issued_by_id=writer.cm.user_id,
        version_before=1,
        version_after=1,
        content=meeting_minutes_content.content(meeting_minutes_content.held(file, viewer=writer.cm)),
    )
    writer.add(row)
    for agency_id in (*writer.partners, None):
        writer.add(
            MinutesCopy(
                minutes_id=row.id,
                agency_id=agency_id,
                sent_at=LONG_AGO,
                how=word(writer.z("LEAD"), "copyhow"),
            )
        )
    for number, (zone, more) in enumerate(
        (("PLAN", {}), ("TABLE", {"for_all": True}), ("HARBOUR", {"for_agency_id": writer.partners[0]})), 1
    ):
        writer.add(
            MinutesAmendment(
                minutes_id=row.id,
                number=number,
                at=LONG_AGO,
                by_id=writer.cm.user_id,
                text=word(writer.z(zone), "amendment"),
                **more,
            )
        )
    asked = writer.add(
        CorrectionRequest(
            minutes_id=row.id,
            agency_id=writer.partners[0],
            asked_at=LONG_AGO,
            asked_by_id=writer.cm.user_id,
            text=word(writer.z("REPORT"), "correction"),
            answer="",
        )
    )
    return asked.id


def _conference(world):
    """Recorded by the clinic, as if it were social work: its own words stay with it."""
    row = Meeting(
        case_id=world.case_id,
        agency_id=world.agencies["clinic"],
        kind=MeetingKind.CONFERENCE,
        status=MeetingStatus.SCHEDULED,
        status_at=LONG_AGO,
        aim=word("CLINICSTAFF", "aim"),
        message=word("CLINICSEAT", "message"),
        place=word("CLINICSEAT", "place"),
        chair_name=word("CLINICSEAT", "chair"),
        proposed_at=LONG_AGO,
        proposed_by_id=world.leah.user_id,
        starts_at=clock.now() + timedelta(days=4),
    )
    db.session.add(row)
    db.session.flush()
    return row


MAY_READ["leah"] |= {"CLINICSTAFF"}

__all__ = ["MAY_READ", "TABLES", "fill", "word"]
