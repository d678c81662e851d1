"""Two texts side by side, with what differs marked word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup, escape

#: So many words are compared one by one; longer texts sentence by sentence first.
MOST_WORDS = 2_000
#: A stretch of more words than this that is the same on both sides is cut to what stands around the difference.
LONGEST_SAME = 60
_AROUND = 12
#: So many words are one value, a day or a telephone number, that is this one or that one.
_ONE_VALUE = 4
#: What has less than this in common is marked whole, because a patchwork of "the" and "and" says nothing; and where that
#: would be more than so many words, not at all, because nothing stands out any more.
_SOMETHING_IN_COMMON = 0.35
_MARKED_WHOLE_MOST = 40
_CUT = Markup('<span class="ca-cut">…</span>')


@dataclass(frozen=True, slots=True)
class TwoTexts:
    """Two texts, escaped, what differs inside <mark>. `whole` is theirs uncut, where long stretches that are the same
    were left out of both; empty where nothing was."""

    theirs: Markup
    mine: Markup
    whole: str = ""


def two_texts(theirs: str, mine: str, cut_same: bool = True) -> TwoTexts:
    """Both texts, to be shown side by side; without `cut_same` nothing is left out."""
    stretches = list(_stretches(theirs, mine))
    if len(stretches) == 1 and sum(len(words) for words in stretches[0][1:]) > _MARKED_WHOLE_MOST:
        return TwoTexts(escape(theirs), escape(mine))
    left, right, cut = Markup(""), Markup(""), False
    for at, (same, one, other) in enumerate(stretches):
        if same and cut_same and len(one) > LONGEST_SAME:
            cut = True
            shown = _shortened(one, at > 0, at < len(stretches) - 1)
            left, right = left + shown, right + shown
        else:
            left, right = left + _marked(one, not same), right + _marked(other, not same)
    return TwoTexts(left, right, theirs if cut else "")


def _stretches(theirs, mine):
    """(the same?, words of theirs, words of mine), in order."""
    one, other = _words(theirs), _words(mine)
    if theirs != mine and max(len(one), len(other)) <= _ONE_VALUE:
        yield False, one, other
        return
    if len(one) + len(other) <= MOST_WORDS:
        yield from _compared(one, other)
        return
    for same, theirs_part, mine_part in _compared(_sentences(theirs), _sentences(mine), whole=False):
        one, other = _words("".join(theirs_part)), _words("".join(mine_part))
        if same or len(one) + len(other) > MOST_WORDS:
            yield same, one, other
        else:
            yield from _compared(one, other)


def _compared(one, other, whole=True):
    matcher = SequenceMatcher(
        None, [piece.rstrip() for piece in one], [piece.rstrip() for piece in other], autojunk=False
    )
    if whole and one != other and matcher.ratio() < _SOMETHING_IN_COMMON:
        yield False, one, other
        return
    for how, a, b, c, d in matcher.get_opcodes():
        yield how == "equal", one[a:b], other[c:d]


def _words(text):
    return re.findall(r"\S+\s*", text)


def _sentences(text):
    return re.findall(r".*?(?:[.!?]\s+|\n\s*|\Z)", text, re.DOTALL)


def _marked(words, differs):
    text = "".join(words)
    if not text or not differs:
        return escape(text)
    bare = text.rstrip()
    return Markup("<mark>{}</mark>{}").format(bare, text[len(bare) :])


def _shortened(words, begins, ends):
    """The first words where a difference stands before them, the last ones where one stands behind them."""
    first = escape("".join(words[:_AROUND]).rstrip() + " ") if begins else Markup("")
    last = escape(" " + "".join(words[-_AROUND:])) if ends else Markup("")
    return first + _CUT + last
