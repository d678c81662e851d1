"""Two texts side by side, with what differs marked word by word."""

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

#: Longer texts are shown whole and unmarked: comparing them would take longer than reading them.
MOST_WORDS = 2_000


def two_texts(theirs: str, mine: str) -> tuple[str, str]:
    """Both texts, escaped, the words that differ inside <mark>; plain text where they are too long to compare."""
    one, other = _words(theirs), _words(mine)
    if theirs == mine or len(one) + len(other) > MOST_WORDS:
        return theirs, mine
    left, right = [], []
    for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        left.append(_marked(one[a:b], what != "equal"))
        right.append(_marked(other[c:d], what != "equal"))
    return Markup("").join(left), Markup("").join(right)


def _words(text):
    return re.findall(r"\S+\s*", text)


def _marked(words, differs):
    text = "".join(words)
    if not text:
        return Markup("")
    if not differs:
        return escape(text)
    bare = text.rstrip()
    return Markup("<mark>{}</mark>{}").format(bare, text[len(bare) :])
