"""Looking through a file for viruses by asking clamd, ClamAV's server, with its INSTREAM command over TCP or a Unix socket
(ASVS 5.4.3). Why no package: docs/decisions/0029-uploads-are-scanned.md.

It fails closed: an answer that is neither "nothing found" nor "found" counts as no answer, and no answer is NotScanned.
"""

import socket
import struct
import time
from contextlib import closing
from urllib.parse import urlsplit

#: Seconds for one whole look, however slowly anything on the way is.
SECONDS = 20.0
PIECE = 64 * 1024
LONGEST_ANSWER = 4096


class NotScanned(Exception):
    """Nobody looked through the file: the scanner is away, too slow, refuses the size, or says what we do not know."""


def place(url: str) -> tuple[int, str | tuple[str, int]]:
    """Where clamd listens, for a socket: of `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return socket.AF_UNIX, parts.path
    if parts.scheme == "tcp" and parts.hostname and parts.path in ("", "/"):
        return socket.AF_INET, (parts.hostname, parts.port or 3310)
    raise ValueError("tcp://host:3310 or unix:///path/of/the/socket is wanted")


def found_in(data: bytes, url: str) -> str | None:
    """The name of the virus in the data, or None where there is none. Raises NotScanned."""
    until = time.monotonic() + SECONDS
    try:
        with closing(_connected(*place(url), until)) as line:
            answer = _asked(line, data, until)
    except (OSError, struct.error) as why:
        raise NotScanned(type(why).__name__) from why
    if answer == "stream: OK":
        return None
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND").strip() or "unnamed"
    raise NotScanned("the scanner gave no verdict")


def _connected(family, address, until):
    if family == socket.AF_INET:
        return socket.create_connection(address, timeout=_left(until))
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.settimeout(_left(until))
        line.connect(address)
    except OSError:
        line.close()
        raise
    return line


def _asked(line, data, until) -> str:
    """Send everything in pieces, each behind its length, an empty one last; what comes back up to its NUL."""
    line.settimeout(_left(until))
    line.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        line.settimeout(_left(until))
        line.sendall(struct.pack("!L", len(piece)) + piece)
    line.sendall(struct.pack("!L", 0))
    answer = b""
    while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
        line.settimeout(_left(until))
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        answer += more
    whole, end, _ = answer.partition(b"\0")
    return whole.decode("utf-8", "replace").strip() if end else ""


def _left(until) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
