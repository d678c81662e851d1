"""What a person must say about a sheet before it can be imported: which agency a name means, which part of life a goal
belongs to, who a worker is. Only what is written exactly alike is taken without asking."""

import hashlib
import re
from dataclasses import dataclass, field

from caseapp.protocols import Protocol
from caseapp.sheets import fold_agency, fold_name, match_agency

NOBODY = "none"

#: Words that hint at a part of life, in the order in which they are tried. Hints are shown, never taken.
_HINTS = (
    ("drug_use", "methadone detox drug heroin cocaine clean rehab prescription"),
    ("alcohol_use", "alcohol drink sober"),
    ("accommodation", "live home house housing tenancy flat room roof accommodation"),
    ("money", "money debt debts benefit income budget"),
    ("physical_health", "teeth dental hep health doctor chest hospital"),
    ("mental_health", "mental mood anxiety sleep counselling"),
    ("education_work", "course work job training school college literacy"),
    ("family", "child children family kids daughter son mother parent"),
    ("legal", "court legal probation hearing"),
    ("living_skills", "cook cooking skills kitchen"),
    ("social_network", "friends club company lonely"),
    ("citizenship_safety", "visa citizenship safety papers"),
    ("home_safety", "fall falls stairs safe"),
    ("nutrition", "eat eating meal meals food"),
    ("community", "library church shops out"),
    ("relationships", "family friends daughter son"),
    ("work_training", "work job course volunteering"),
)
_LETTERS = re.compile(r"\w+")


@dataclass
class Question:
    """One text of the sheet that needs an answer. `kind` is agency, domain or worker; `answer` an id or key as text,
    NOBODY, or None; `sure` where nothing had to be asked; `options` are (value, label) pairs."""

    kind: str
    key: str
    text: str
    options: tuple[tuple[str, str], ...]
    suggested: tuple[str, ...] = ()
    answer: str | None = None
    sure: bool = False
    rows: list[int] = field(default_factory=list)

    @property
    def field(self) -> str:
        """The name of its field in a form."""
        return f"{self.kind}-{hashlib.sha256(self.key.encode()).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """The answer in words."""
        return dict(self.options).get(self.answer or "", "")

    @property
    def open(self) -> bool:
        """Whether nothing can be imported before it is answered. A case without its worker waits for allocation."""
        return self.answer is None and self.kind != "worker"


class Asking:
    """The questions of one sheet, and the answers given so far (`choices`: kind → key → value)."""

    def __init__(self, choices: dict, agencies, workers, protocol: Protocol):
        self.choices = choices
        self.agencies, self.workers, self.protocol = agencies, workers, protocol
        self.found: dict[tuple[str, str], Question] = {}
        self._agency_options = tuple((str(id), name) for id, name in agencies)
        self._worker_options = tuple((str(id), name) for id, name in workers)
        self._domain_options = tuple((item.key, item.label) for item in protocol.domains)

    def agency(self, text: str, row: int) -> Question:
        """Which agency of the directory this is."""
        return self._ask("agency", fold_agency(text), text, row, self._agency_options, self._match_agency)

    def domain(self, domain_text: str, title: str, row: int) -> Question:
        """Which part of life of the procedure this is: by its column, else by the goal itself."""
        text = domain_text or title
        return self._ask("domain", fold_name(text), text, row, self._domain_options, self._match_domain)

    def worker(self, text: str, row: int) -> Question:
        """Which worker of the own agency this is."""
        return self._ask("worker", fold_name(text), text, row, self._worker_options, self._match_worker)

    def _ask(self, kind, key, text, row, options, match):
        question = self.found.get((kind, key))
        if question is None:
            question = Question(kind, key, text, options)
            match(question)
            given = self.choices.get(kind, {}).get(key)
            if not question.sure and (given == NOBODY or given in dict(options)):
                question.answer = given
            self.found[kind, key] = question
        if row not in question.rows:
            question.rows.append(row)
        return question

    def _match_agency(self, question):
        match = match_agency(question.text, self.agencies)
        if match.kind == "exact":
            question.answer, question.sure = str(match.id), True
        elif match.kind == "suggested":
            question.suggested = (str(match.id), *(str(id) for id, _ in match.others[:4]))

    def _match_domain(self, question):
        for item in self.protocol.domains:
            if question.key in (fold_name(item.label), fold_name(item.key)):
                question.answer, question.sure = item.key, True
                return
        words = set(_LETTERS.findall(question.key))
        known = {key for key, _ in self._domain_options}
        question.suggested = tuple(
            key for key, hints in _HINTS if key in known and words & set(hints.split())
        )[:1]

    def _match_worker(self, question):
        same = [id for id, name in self.workers if fold_name(name) == question.key]
        if not same:
            same = [id for id, name in self.workers if _initials(question.key, fold_name(name))]
        if len(same) == 1:
            question.answer, question.sure = str(same[0]), True
        else:
            question.suggested = tuple(str(id) for id in same[:4])


def _initials(short: str, name: str) -> bool:
    """Whether "m outreach" is how "mary outreach" is written short."""
    a, b = short.split(), name.split()
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        return False
    firsts = a[:-1]
    return len(firsts) <= len(b) - 1 and all(
        len(one) == 1 and other.startswith(one) for one, other in zip(firsts, b, strict=False)
    )
