"""A little clamd for tests: the INSTREAM command as ClamAV's server speaks it, over TCP on loopback or a Unix socket, in
threads of its own. It finds EICAR's test file, the one that every scanner must find, and nothing else.

`Clamd(how)` answers truly; `how` makes it one that breaks: "mute" never answers, "hangs up" closes before its answer,
"odd" says what no scanner says, "small" refuses what is longer than 100 bytes, as clamd does with StreamMaxLength.
"""

import contextlib
import socketserver
import struct
import tempfile
import threading
from pathlib import Path

#: In two pieces, so that no scanner on a developer's machine takes this file away.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SMALL = 100


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        server = self.server.owner
        command = b""
        while not command.endswith((b"\0", b"\n")):
            letter = self.rfile.read(1)
            if not letter:
                return
            command += letter
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while True:
            (length,) = struct.unpack("!L", self.rfile.read(4))
            if not length:
                break
            data += self.rfile.read(length)
            if server.how == "small" and len(data) > SMALL:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        server.seen.append(data)
        if server.how == "hangs up":
            return
        if server.how == "mute":
            server.stopped.wait(30)
            return
        if server.how == "odd":
            self.wfile.write(b"stream: PERHAPS\0")
            return
        found = b"Win.Test.EICAR_HDB-1 FOUND" if EICAR in data else b"OK"
        self.wfile.write(b"stream: " + found + b"\0")


class Clamd:
    """`url` is where it listens; `seen` holds what it was sent."""

    def __init__(self, how="", *, unix=False):
        self.how, self.seen, self.stopped = how, [], threading.Event()
        self.folder = tempfile.TemporaryDirectory(prefix="clamd-") if unix else None
        if unix:
            path = Path(self.folder.name) / "clamd.ctl"
            self.server, self.url = socketserver.ThreadingUnixStreamServer(str(path), _Talk), f"unix://{path}"
        else:
            self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk)
            self.url = f"tcp://127.0.0.1:{self.server.server_address[1]}"
        self.server.daemon_threads = True
        self.server.owner = self
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        if self.folder:
            self.folder.cleanup()


@contextlib.contextmanager
def listening(how="", *, unix=False):
    clamd = Clamd(how, unix=unix)
    try:
        yield clamd
    finally:
        clamd.stop()
