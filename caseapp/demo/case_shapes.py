"""What may stand in a world file about one case: its people, consents, plan and all that was done."""

from caseapp.demo.meeting_shapes import MEETING
from caseapp.demo.reading import Shape, day, each, inside, key, link, moment, number, one_of, text, yes_no
from caseapp.demo.restricted_shapes import DISCLOSURE, KEPT_APART, READER
from caseapp.demo.shared_shapes import BY, LONG
from caseapp.demo.transfer_shapes import TRANSFER
from caseapp.vocabulary import (
    Achievement,
    ActionKind,
    ActionStatus,
    Advocacy,
    AgreementRoute,
    AssignmentRole,
    CaseStatus,
    Closing,
    ConsentGiver,
    ConsentKind,
    ConsentMode,
    GoalStatus,
    NeedLevel,
    NoteKind,
    SharingDirection,
)

SMART = ("specific", "measurable", "achievable", "relevant", "timed")
#: What can happen to an action; who may do it is for the use cases to say.
DEEDS = (
    "accept",
    "decline",
    "start",
    "note",
    "block",
    "unblock",
    "done",
    "not_done",
    "reopen",
    "clinic_talk",
    "change",
    "remind",
    "stop",
)

WORKER = Shape(
    "a worker on the case",
    user=link("users", needed=True),
    role=one_of(AssignmentRole, needed=True),
    **BY,
    reason=text(),
    person_told_on=day(),
    until=moment(),
    until_reason=text(),
)

CASE_AGENCY = Shape(
    "an agency on the case",
    agency=link("agencies", needed=True),
    **BY,
    contact_name=text(120),
    contact_phone=text(80),
    does=text(),
    known_on=day(),
    person_aware_on=day(),
    ended=inside(Shape("an agency's end", **BY)),
)

NOTE = Shape(
    "a note",
    key=text(60),
    **BY,
    kind=one_of(NoteKind, default=NoteKind.CONTACT),
    happened_at=moment(),
    place=text(),
    sector=text(80),
    text=text(LONG, needed=True),
    shared_with=each(link("agencies")),
    corrects=text(60),
)

CONSENT = Shape(
    "a consent",
    agency=link("agencies", needed=True),
    kind=one_of(ConsentKind, default=ConsentKind.INFORMATION_SHARING),
    **BY,
    talked_on=day(),
    starts_on=day(),
    expires_on=day(),
    expires_when=text(),
    purpose=text(),
    contact_name=text(120),
    direction=one_of(SharingDirection, default=SharingDirection.BOTH),
    full_plan=yes_no(),
    withheld=each(text(40)),
    left_out=text(),
    mode=one_of(ConsentMode, default=ConsentMode.WRITTEN),
    verbal_reason=text(),
    written_due_on=day(),
    given_by=one_of(ConsentGiver, default=ConsentGiver.PERSON),
    giver_name=text(120),
    giver_authority=text(),
    understood=yes_no(True),
    copy_given=yes_no(True),
    read_aloud=yes_no(),
    interpreter=text(80),
    refused=inside(Shape("a refusal", reason=text())),
    withdrawn=inside(
        Shape("a withdrawal", by=link("users"), at=moment(needed=True), how=text(needed=True), said_on=day())
    ),
    in_error=inside(Shape("an error", by=link("users"), at=moment(needed=True), reason=text(needed=True))),
)

EXCLUSION = Shape(
    "an exclusion",
    agency=link("agencies", needed=True),
    **BY,
    reason=text(),
    lifted=inside(Shape("a lifted exclusion", by=link("users"), at=moment(needed=True))),
)

NEED = Shape(
    "a need",
    **BY,
    domain=text(40, needed=True),
    level=one_of(NeedLevel, needed=True),
    priority=number(1, 99),
    situation=text(LONG),
    functioning=text(LONG),
    words=text(LONG),
    wants_help=yes_no(True),
)

PLAN = Shape(
    "the head of the plan",
    **BY,
    strengths=text(LONG),
    strengths_around=text(LONG),
    contingency=text(LONG),
    no_contingency_reason=text(),
    budget_minor=number(0, 10**11),
    budget_source=text(),
)

STEP = Shape("a step", text=text(needed=True), done_on=day())

GOAL = Shape(
    "a goal",
    key=text(60, needed=True),
    **BY,
    domain=text(40, needed=True),
    words=text(LONG),
    title=text(),
    measure=text(LONG),
    smart=each(one_of(SMART)),
    priority=number(1, 99),
    target_on=day(),
    made_with_person=yes_no(True),
    made_without_reason=text(),
    achievement=one_of(Achievement),
    steps=each(STEP),
    ended=inside(
        Shape(
            "a goal's end",
            by=link("users"),
            at=moment(needed=True),
            status=one_of((GoalStatus.COMPLETED, GoalStatus.CANCELLED, GoalStatus.ON_HOLD), needed=True),
            reason=text(),
            person_agreed=yes_no(),
            stop_actions=yes_no(),
        )
    ),
)

DEED = Shape(
    "a thing done with an action",
    do=one_of(DEEDS, needed=True),
    by=link("users"),
    at=moment(needed=True),
    text=text(LONG),
    on=day(),
    worker=link("users"),
    worker_name=text(120),
    with_whom=text(120),
    what=text(LONG),
    due_on=day(),
    agency=link("agencies"),
)

ACTION = Shape(
    "an action",
    key=text(60),
    goal=text(60, needed=True),
    **BY,
    what=text(LONG, needed=True),
    kind=one_of(ActionKind, default=ActionKind.INTERVENTION),
    agency=link("agencies"),
    worker=link("users"),
    worker_name=text(120),
    by_person=yes_no(),
    start_on=day(),
    due_on=day(),
    review_on=day(),
    advocacy=one_of(Advocacy, default=Advocacy.PERSON),
    advocacy_until=day(),
    history=each(DEED),
    status=one_of(ActionStatus),
)

ISSUE = Shape(
    "an issue",
    by=link("users", needed=True),
    at=moment(needed=True),
    action=text(60),
    text=text(LONG, needed=True),
    answer=inside(Shape("an answer", by=link("users"), at=moment(needed=True), text=text(LONG, needed=True))),
)

SAYS = {
    "agreed": yes_no(True),
    "on": day(),
    "route": one_of(AgreementRoute, default=AgreementRoute.PHONE),
    "who": text(120),
    "note": text(LONG),
}

AGREEMENT = Shape(
    "an agreement",
    **BY,
    reason=text(),
    person=inside(Shape("the person's agreement", **SAYS), needed=True),
    agencies=each(Shape("an agency's agreement", agency=link("agencies", needed=True), **SAYS)),
)

REVIEW = Shape(
    "a review",
    **BY,
    held_on=day(needed=True),
    with_person=yes_no(True),
    without_reason=text(),
    works=text(LONG),
    changed=text(LONG),
    persons_view=text(LONG),
    place=text(),
    carers=text(LONG),
    next_on=day(),
    next_reason=text(),
)

CHANGE_ASKED = Shape(
    "a wish for another worker",
    **BY,
    words=text(LONG, needed=True),
    answer=inside(
        Shape(
            "an answer", by=link("users"), at=moment(needed=True), agreed=yes_no(), reason=text(needed=True)
        )
    ),
)

CLOSING = Shape(
    "a closing",
    by=link("users"),
    at=moment(needed=True),
    kind=one_of(Closing, needed=True),
    reason=text(needed=True),
    attempts=text(LONG),
    aftercare=text(LONG),
    person_agrees=yes_no(),
)

CASE = Shape(
    "a case",
    key=key("cases"),
    reference=text(8),
    person=link("people", needed=True),
    protocol=text(40, needed=True),
    opened=inside(Shape("an opening", by=link("users", needed=True), at=moment(needed=True)), needed=True),
    reopens=link("cases"),
    reopen_reason=text(LONG),
    line_manager=link("users"),
    first_contact_on=day(),
    referral_on=day(),
    permission_on=day(),
    intensive_needs=text(),
    checks_made=text(LONG),
    choice=text(LONG),
    taken_over=text(LONG),
    support_due_on=day(),
    support_due_reason=text(),
    commitment_ends_on=day(),
    status=one_of(CaseStatus),
    status_at=moment(),
    status_reason=text(),
    workers=each(WORKER),
    agencies=each(CASE_AGENCY),
    notes=each(NOTE),
    consents=each(CONSENT),
    exclusions=each(EXCLUSION),
    needs=each(NEED),
    plan=inside(PLAN),
    goals=each(GOAL),
    actions=each(ACTION),
    issues=each(ISSUE),
    agreements=each(AGREEMENT),
    reviews=each(REVIEW),
    meetings=each(MEETING),
    worker_changes=each(CHANGE_ASKED),
    transfers=each(TRANSFER),
    kept_apart=each(KEPT_APART),
    readers=each(READER),
    disclosures=each(DISCLOSURE),
    closing=inside(CLOSING),
)
