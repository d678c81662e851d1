"""The matrix as an address knows it: filters, and pages in both directions."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from caseapp.policy.do import Do
from caseapp.queries import reading_asked, reading_matrix
from caseapp.queries.reading_matrix import Wanted
from caseapp.vocabulary import PracticeArea
from caseapp.web.lists import Choice, ListSpec, ListState, Words
from caseapp.web.sessions import viewer

#: the row of links over the matrix; the others are reached from the figures
WHICH = (("", "All"), ("overdue", "Overdue"), ("due", "Due"))
MATRIX = ListSpec(
    name="reading",
    title="Reading",
    endpoint="reading.index",
    act=Do.SEE_READING,
    filters=(
        Choice("which", "Which cells", (*WHICH, ("soon", ""), ("older", ""), ("open", "")), in_bar=False),
        Choice("chapters", "Chapters", (("", "Asked or read"),)),
        Choice("area", "Part of the work", (("", "All"), *PracticeArea.choices())),
        Choice("profession", "Profession", (("", "All"),)),
        Words("words", "Name"),
    ),
    columns=(),
    order="name",
    per_page=reading_matrix.PER_PAGE,
)

ASKED = ListSpec(
    name="reading_asked",
    title="What was asked",
    endpoint="reading.asked",
    act=Do.ASSIGN_READING,
    filters=(
        Choice(
            "which",
            "Which",
            (("", "In force"), ("induction", "Given to new starters"), ("ended", "Withdrawn")),
            in_bar=False,
        ),
    ),
    columns=(),
    order="at",
    saved=False,
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Pages of one direction, for components/pagination.html; the other direction stays where it is."""

    number: int
    pages: int
    total: int
    url: Callable[[int], str]

    @property
    def count(self) -> int:
        return self.total


def read() -> tuple[ListState, Wanted]:
    """What the address of the matrix asks for."""
    me = viewer()
    state = MATRIX.read(
        request.args,
        chapters=(
            ("", "Asked or read"),
            ("all", "All chapters"),
            *((str(set_id), name) for set_id, name in reading_asked.set_names(viewer=me)),
        ),
        profession=(("", "All"), *((one, one) for one in reading_asked.staff_professions(viewer=me))),
    )
    return state, Wanted(**{name: state[name] for name in Wanted.__slots__})


def across(total: int) -> int:
    """The page of chapters that the address asks for, at most the last."""
    return min(_number("across"), max(1, -(-total // reading_matrix.ACROSS)))


def asked_across() -> int:
    return _number("across")


def _number(name):
    text = request.args.get(name, "")
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def steps(state: ListState, name: str, number: int, total: int, per_page: int, **others) -> Steps:
    """The pager of one direction; `others` are the page of the other."""
    kept = {key: value for key, value in others.items() if value > 1}

    def url(n):
        return state.url(**kept, **({name: n} if n > 1 else {}))

    pages = max(1, -(-total // per_page))
    return Steps(min(number, pages), pages, total, url)
