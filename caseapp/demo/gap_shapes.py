"""What a world file says of gaps and blocks; docs/developers/world-files.md says the same in prose."""

from caseapp.demo.reading import Shape, day, each, key, link, moment, one_of, text, yes_no
from caseapp.demo.shared_shapes import LONG
from caseapp.vocabulary import EscalationKind, EscalationState

GAP_STEP = Shape(
    "a step of a gap or block",
    do=one_of(
        (
            "send",
            "advise_as_colleague",
            "accept",
            "advise",
            "ask_back",
            "up",
            "consult",
            "close",
            "pause",
            "take_back",
            "reopen",
            "withdraw",
        ),
        needed=True,
    ),
    by=link("users", needed=True),
    at=moment(needed=True),
    text=text(LONG),
    tried=text(LONG),
    not_enough=text(LONG),
    urgent_reason=text(),
    outcome=one_of(EscalationState),
    until_on=day(),
    meeting_on=day(),
    minute=text(40),
)

GAP = Shape(
    "a gap or block",
    key=key("gaps"),
    by=link("users", needed=True),
    at=moment(needed=True),
    case=link("cases"),
    action=text(60),
    kind=one_of(EscalationKind, needed=True),
    domain=text(40, needed=True),
    title=text(needed=True),
    service=text(160, needed=True),
    concerned=link("agencies"),
    concerned_name=text(160),
    effect=text(LONG, needed=True),
    wanted=text(LONG, needed=True),
    description=text(LONG),
    colleagues_advice=text(LONG),
    one_to_one=text(LONG),
    meeting_why=text(),
    meanwhile=text(LONG),
    noticed_on=day(),
    identity_on=day(),
    urgent_reason=text(),
    ask_colleagues=yes_no(),
    same_as=link("gaps"),
    steps=each(GAP_STEP),
)
