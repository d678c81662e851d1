"""Words that somebody types to find a person never stand in an address: addresses stay in the browser's history on a
shared desk, and in the logs of whatever lies between (issue 6; ASVS 14.2.1).

The filter forms send them by POST (home.look_for), which leads to the list with the words sealed: `words=~Zk3…`. What is
sealed opens for the one who typed it and for nobody else, so an address that is found somewhere tells nothing. The same
words give the same seal, so links, pages and saved views work as before; with a new SECRET_KEY old ones find everything.
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from flask import current_app, has_request_context
from flask_login import current_user

MARK = "~"
LONGEST = 200
#: The fields whose words are sealed on their way into an address.
NAMES = {"words", "q"}


def seal(words: str) -> str:
    """What stands in an address in place of these words; no words stay none."""
    if not words or not _somebody():
        return words
    sealed = _cipher(current_app.secret_key).encrypt(words[:LONGEST].encode("utf-8", "replace"), _whose())
    return MARK + urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(text: str | None) -> str:
    """The words behind a parameter. Words that stand there in clear are taken too (an address typed by hand); what is
    sealed for somebody else, or not by us, is no words."""
    if not text or not text.startswith(MARK) or not _somebody():
        return text or ""
    from cryptography.exceptions import InvalidTag

    coded = text[len(MARK) :]
    try:
        sealed = urlsafe_b64decode(coded.encode("ascii") + b"=" * (-len(coded) % 4))
        return _cipher(current_app.secret_key).decrypt(sealed, _whose()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return ""


def _somebody() -> bool:
    return has_request_context() and current_user.is_authenticated


def _whose() -> list[bytes]:
    return [b"typed words", str(current_user.user_id).encode()]


@lru_cache(4)
def _cipher(secret):
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # 7 MiB, with the first words

    return AESSIV(hashlib.sha512(b"typed words in addresses:" + str(secret).encode()).digest())
