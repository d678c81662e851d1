"""The keys that seal the audit record. They are never in the database: who owns that alone cannot forge an entry.

They come from AUDIT_KEYS (hexadecimal, with commas) or the file `audit.keys` in the data folder, one a line, which is
made at first use. The last one seals; the ones before it are kept to verify what they sealed.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

FILE = "audit.keys"
LEAST = 32  # bytes


class NoKey(Exception):
    """The keys cannot be read, or are none: nothing can be sealed, so nothing may be shown."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`current` seals; `known` holds every key by its id."""

    current: str
    known: dict[str, bytes]


class _Home:
    """Where the keys of this process are, and what was read of them."""

    folder: Path | None = None
    given: str = ""
    read: Keys | None = None
    before: dict[str, bytes] = {}


_home = _Home()


def are_at(folder: str, given: str = "") -> None:
    """Say where the keys are: AUDIT_KEYS as `given`, or the data folder. They are read when one is first needed; those
    that this process has read before stay known to it."""
    if _home.read is not None:
        _home.before |= _home.read.known
    _home.folder, _home.given, _home.read = Path(folder), given, None


def sealing_keys() -> Keys:
    """The keys. Raises NoKey."""
    if _home.read is None:
        _home.read = _read()
    return _home.read


def key_id(key: bytes) -> str:
    """What an entry says of its key: nothing that helps to find it."""
    return hashlib.sha256(b"caseapp audit key " + key).hexdigest()[:12]


def renew() -> str:
    """Make another key, which seals from now on in every process that is started anew. Gives its id. Raises NoKey where
    the keys are given in the environment."""
    if _home.given:
        raise NoKey("AUDIT_KEYS is set in the environment: add the new key there, behind the others")
    sealing_keys()
    path = _file()
    _put(path, path.read_text().rstrip("\n") + "\n" + secrets.token_hex(LEAST) + "\n")
    _home.read = None
    return sealing_keys().current


def _file():
    if _home.folder is None:
        raise NoKey("nobody said where the keys of the audit record are")
    return _home.folder / FILE


def _read():
    try:
        written = _home.given.replace(",", "\n") if _home.given else _from_file()
        found = [bytes.fromhex(line.strip()) for line in written.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise NoKey(f"the keys of the audit record cannot be read: {type(error).__name__}") from error
    if not found or any(len(key) < LEAST for key in found):
        raise NoKey(f"a key of the audit record has at least {2 * LEAST} hexadecimal digits")
    return Keys(key_id(found[-1]), _home.before | {key_id(key): key for key in found})


def _from_file():
    path = _file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another process was quicker
            _put(path, secrets.token_hex(LEAST) + "\n", new=True)
    return path.read_text()


def _put(path, text, new=False):
    """Write the whole file at once, for its owner only; no reader ever meets half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{FILE}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if new:
            path.hardlink_to(name)
        else:
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
