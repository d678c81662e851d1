"""The record of who looked, changed and was refused (X-5, X-13): what every use case and the web layer write, here by name.

`entries` writes and chains, `seals` and `keys` seal; `sign_ins` and `mail` say what is about no view. What finds tampering
(`checkpoints`, `faults`, `walk`, `verify`) and the rights on PostgreSQL (`grants`) are asked for by their commands alone: a
web worker never loads them.
"""

from caseapp.services.audit.entries import (
    NotWritten,
    entry,
    record,
    write,
    write_now,
    write_refusal,
    write_waiting,
)

__all__ = ["NotWritten", "entry", "record", "write", "write_now", "write_refusal", "write_waiting"]
