"""The text of a chapter, without database or web: Markdown made safe, the blanks of the policy filled in, words for the
search, and what differs between two versions."""

from caseapp.chapter_text.attached import words_of
from caseapp.chapter_text.blanks import Blank, blanks_in, fill
from caseapp.chapter_text.difference import Block, difference, lines_changed
from caseapp.chapter_text.markdown import as_html, as_plain
from caseapp.chapter_text.words import fold, minutes_to_read, search_words, snippet

__all__ = [
    "Blank",
    "Block",
    "as_html",
    "as_plain",
    "blanks_in",
    "difference",
    "fill",
    "fold",
    "lines_changed",
    "minutes_to_read",
    "search_words",
    "snippet",
    "words_of",
]
