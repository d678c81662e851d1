"""What an entry of the audit record says, in bytes that are the same on every database, and the seal over them (X-13).

This is the one home of the encoding. Whoever adds a column to the table adds it at the end of FIELDS of a new FORMAT and
keeps the old one for what was sealed with it.
"""

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

#: First in every encoding; a later one has another number, so that none is mistaken for another.
FORMAT = 1

#: The columns in the order in which they are sealed.
FIELDS = (
    "chain", "number", "key_id", "id", "at", "user_id", "user_name", "agency_id", "agency_name", "act", "what",
    "case_id", "person_id", "about_id", "ground", "grant_id", "address", "detail",
)  # fmt: skip

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_write = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode


def encoded(entry) -> bytes:
    """The canonical bytes of an entry, given by name: a moment is its microseconds since 1970 in UTC, a word its value,
    details are JSON as it is read back, its names in order. What was never said (NULL) is null and differs from ''."""
    values = [entry[name] for name in FIELDS]
    values[4] = moment(values[4])
    values[9] = str(values[9])
    if values[17] is not None:
        values[17] = json.loads(_plain(values[17]))
    return _write([FORMAT, *values]).encode()


def moment(at: datetime) -> int:
    """Microseconds since 1970. Raises TypeError for a time without a zone."""
    return (at - _EPOCH) // _MICROSECOND


def seal(key: bytes, entry, previous: str) -> str:
    """HMAC-SHA256 over an entry and the seal before it ('' for the first of a chain), in hexadecimal."""
    return hmac.digest(key, previous.encode() + b"\n" + encoded(entry), "sha256").hex()


def unsealed(entry, previous: str) -> str:
    """What stands in a seal's place for an entry older than the chains: a digest that anybody could make, and that the
    first seal after it, or a checkpoint, makes good."""
    return sha256(previous.encode() + b"\n" + encoded(entry)).hexdigest()


def checkpoint_seal(key: bytes, checkpoint, previous: str) -> str:
    """The seal of a checkpoint over what it says and the seal of the one before."""
    said = [
        "checkpoint",
        FORMAT,
        checkpoint["number"],
        moment(checkpoint["at"]),
        checkpoint["chains"],
        checkpoint["entries"],
        checkpoint["digest"],
        checkpoint["key_id"],
    ]
    return hmac.digest(key, previous.encode() + b"\n" + _write(said).encode(), "sha256").hex()


def head_line(chain: int, number: int, seal: str) -> bytes:
    """One head in the digest of a checkpoint."""
    return f"{chain} {number} {seal}\n".encode()


def _plain(detail):
    """As the database keeps it: names of an object are texts, words are their values."""
    return json.dumps(detail, ensure_ascii=True)
