"""People's names: how somebody is called, and names made comparable, for search through spelling and accents and for
likely duplicates.

`fold` is for finding only: what people see is always the name as it was written. The method and its figures: names
are folded and cut into trigrams that the database matches, then the best candidates are put in order by `likeness`.
"""

import re
import unicodedata

from rapidfuzz.distance import OSA, JaroWinkler

LONGEST = 400
#: Of a name so many words have keys, and of each so many letters count for them.
KEYED_WORDS, KEYED_LETTERS = 10, 24

# letters that do not decompose into a plain letter and a mark
_PLAIN = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ŋ": "n",
        "ĸ": "k",
        "ə": "e",
        "ɓ": "b",
        "ɗ": "d",
        "ɛ": "e",
        "ɔ": "o",
        "ƙ": "k",
        "ƴ": "y",
        # Arabic script as it is typed on Arabic, Persian and Urdu keyboards
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ہ": "ه",
        "ٱ": "ا",
        "ـ": None,
    }
)
_APOSTROPHES = "'’‘ʼʻ`´′＇ʹ՚"
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_MC = re.compile(f"\\bm[{_APOSTROPHES}](?=\\w)")
_JOINED = ("o", "mac")
_SHORT = 3


def first_name(known_as: str, given_name: str, family_name: str) -> str:
    """How the person is called in a sentence: as they like to be called, else by their given name."""
    return known_as or given_name or family_name


def fold(text: str) -> str:
    """The name in small plain letters with single blanks: "Séamus Ó Briain" and "SEAMUS O'BRIAIN" fold alike.

    Accents and other marks go, Ł ø ß æ become plain letters, O' and O, Mc and Mac are joined to the name they begin
    ("Mc Carthy", "McCarthy", "MacCarthy", "M'Carthy" are one), other punctuation separates words, and emoji, control
    characters and what is no letter vanish. Letters of other scripts stay. A text without any letter or digit folds
    to "". Folding what is folded changes nothing. Only the first 400 characters count.
    """
    text = _bare(text[:LONGEST]).casefold().translate(_PLAIN)
    text = _APOSTROPHE.sub("", _MC.sub("mac", text))
    words: list[str] = []
    beginning = ""
    for word in "".join(map(_letter, text)).split():
        if word.startswith("mc"):
            word = "mac" + word[2:]
        if word in _JOINED:
            beginning += word
            continue
        words.append(beginning + word)
        beginning = ""
    if beginning:
        words.append(beginning)
    return " ".join(words)[:LONGEST].strip()


def trigrams(text: str) -> frozenset[str]:
    """Every three letters in a row of the folded text, each word with two blanks before and one after.

    "Ann" gives "  a", " an", "ann", "nn "; a text that folds to nothing gives none. The order of words makes no
    difference. A trigram is at most three characters long, so it fits its column.
    """
    return _cut(fold(text))


def one_left_out(word: str) -> frozenset[str]:
    """The word, and what remains of it with each one of its letters left out.

    Two words that are one slip apart (a letter wrong, gone, too many, or two neighbours swapped) always have one of
    these in common: so whoever looks them up finds the word through the slip, however many words there are.
    """
    word = word[:KEYED_LETTERS]
    return frozenset((word, *(word[:at] + word[at + 1 :] for at in range(len(word))))) - {""}


def keys(text: str) -> frozenset[tuple[str, str]]:
    """By what a name of two words or more is found at one slip in each: what `one_left_out` gives of each word, with
    the first letter of another word of the name.

    One of two words alone stands in too many names. With a slip in the first letter of one word, the other word and
    that letter's key still agree; only slips in both first letters lead nowhere. A name of one word has none.
    """
    words = _keyed(fold(text))
    return frozenset(
        (letters, other[0])
        for at, word in enumerate(words)
        for letters in one_left_out(word)
        for other in words[:at] + words[at + 1 :]
    )


def asked_by(folded: str) -> tuple[frozenset[str], frozenset[str]]:
    """What to look up for a name that is folded already: the letters of its keys, and the first letters that may stand
    beside them; nothing for a name of one word."""
    words = _keyed(folded)
    if len(words) < 2:
        return frozenset(), frozenset()
    return frozenset().union(*map(one_left_out, words)), frozenset(word[0] for word in words)


def meant(asked: str, written: str) -> bool:
    """Whether each word that was asked for is a word of the name but for one slip; a word of three letters or fewer,
    where one slip makes any other name, as it stands. Both are folded."""
    words = written.split()
    return all(
        any(
            one == word or (len(one) > _SHORT and OSA.distance(one, word, score_cutoff=1) <= 1)
            for word in words
        )
        for one in asked.split()
    )


def likeness(a: str, b: str) -> float:
    """How alike two names are, from 0.0 (nothing in common) to 1.0 (they fold alike). Symmetric.

    Half is the share of trigrams in common (Jaccard: blind to the order of words), half how far the letters run
    alike (Jaro-Winkler, forgiving of slips after a right beginning; the words in order or sorted, whichever is more
    alike, so family name first does little harm). A text that folds to nothing is like nothing, not even itself.
    """
    return likeness_of_folded(fold(a), fold(b))


def likeness_of_folded(a: str, b: str) -> float:
    """As `likeness`, for names that are folded already: three times as fast, for ranking many candidates."""
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    in_a, in_b = _cut(a), _cut(b)
    shared = len(in_a & in_b)
    jaccard = shared / (len(in_a) + len(in_b) - shared)
    in_order = JaroWinkler.similarity(a, b)
    swapped = JaroWinkler.similarity(" ".join(sorted(a.split())), " ".join(sorted(b.split()))) * 0.98
    return min((jaccard + max(in_order, swapped)) / 2, 0.99)


def _cut(folded: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3]
        for padded in (f"  {word} " for word in folded.split())
        for at in range(len(padded) - 2)
    )


def _keyed(folded: str) -> list[str]:
    return list(dict.fromkeys(folded.split()))[:KEYED_WORDS]


def _bare(text: str) -> str:
    """The text decomposed, without the marks that stand above, below or around a letter."""
    if text.isascii():
        return text
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.category(letter) not in ("Mn", "Me")
    )


def _letter(letter: str) -> str:
    """A letter or digit as it is, a blank for what separates words, nothing for the rest."""
    if letter.isalnum():
        return letter
    kind = unicodedata.category(letter)[0]
    if kind in "LNM":
        return letter
    return " " if kind in "PZ" or letter.isspace() else ""
