"""Where tests keep their files: in memory if the machine has room there, else where temporary files go.

The databases keep the settings of production, full synchronisation included, and asking a disk to keep what is thrown
away a moment later was half the time of a run. A folder in memory answers at once, and the same code runs.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest and mkdtemp make folders of their own in it
ROOM = 2 * 1024**3  # bytes that must be free


def use_memory() -> None:
    """Let everything that asks for a temporary folder, here and in programs started from here, get one in memory."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
