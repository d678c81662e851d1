"""Fetch, check and compile the vendored front-end files into caseapp/static/vendor.

Needed only when a version below is raised (docs/decisions/0002-front-end.md): running and testing
Caseapp needs no Node. Wants `node` (20.19 or newer) and `npm` on the path.

    python3 scripts/vendor_frontend.py

Every package is pinned to one version and to the SHA-512 of its tarball. No install script runs,
no archive entry may leave its folder, and the result is refused when it holds anything that would
call outside or carry another body's branding. Two runs give the same bytes.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "frontend"
TARGET = HERE.parent / "caseapp" / "static" / "vendor"

HTMX, GOVUK = "4.0.1", "6.6.0"

# (package, version, SHA-512 of its tarball in base64). The last five only compile: nothing of them is kept.
PACKAGES = (
    (
        "htmx.org",
        HTMX,
        "oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
    ),
    (
        "govuk-frontend",
        GOVUK,
        "xctkWrQvLnvQt7fyjQ3MGX9S0wz0x0RQuLxCeoXF+s8EjGICG81/DYQGKN5qgO+0KVT12UAaRwUsGY6fulRcRg==",
    ),
    (
        "sass",
        "1.108.2",
        "kugK8djotnG9HQRPTOf36asKYlxg8rWWsNLYHOgWDIVOiZQqlRfKBgF4XXM6kfw146kIDMvm57B4GIkvDSyTzA==",
    ),
    (
        "immutable",
        "5.2.1",
        "CgXNM1BhKqpMjFHTyqQSk09OWqzHNJ/U4BdeBgXoBdR2DdgBdOSv131cO1/YMgzopqnka3B/i949UaMLEKUxOA==",
    ),
    (
        "source-map-js",
        "1.2.4",
        "J7ZjMvHd9O1fcT/5V09QWaaSl2BbWx3F6O08spde82Namf9UB0GxRVIPiNbVsdKkoizHiSpTodo3vp2bAy91MA==",
    ),
    (
        "chokidar",
        "5.0.0",
        "TQMmc3w+5AxjpL8iIiwebF73dRDF4fBIieAqGn9RGCWaEVwQ6Fb2cGe31Yns0RRIzii5goJ1Y7xbMwo1TxMplw==",
    ),
    (
        "readdirp",
        "5.1.1",
        "Kko+Y5XQ6fM+Ce3dq3m9YGxnacYZYl9cA1wZjaF3Vbry2L3i1qVg8+CAgNPsXRArPMUMCaOR7oa9Nqntc43JKA==",
    ),
)

# The min file of htmx was also rebuilt from its source once; its own hash is the anchor, not the README's.
HTMX_SHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
REFUSED = ("GDS Transport", "govuk-crest", "url(http", "url(//", "url(data:", "@import", "sourceMappingURL")


def stop(message):
    sys.exit(f"vendor_frontend: {message}")


def unpack(name, version, sha512, folder):
    """Pack one pinned package, check its SHA-512 and unpack it to folder/node_modules/name."""
    packed = subprocess.run(
        ["npm", "pack", "--ignore-scripts", "--silent", f"{name}@{version}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    tarball = folder / packed.stdout.strip().splitlines()[-1]
    if base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode() != sha512:
        stop(f"{name} {version} is not the file that was pinned")
    home = folder / "node_modules" / name
    with tempfile.TemporaryDirectory(dir=folder) as loose:
        with tarfile.open(tarball) as archive:
            archive.extractall(loose, filter="data")
        shutil.move(Path(loose) / "package", home)
    return home


def compiled(folder):
    """The base stylesheet as bytes, without a source map."""
    done = subprocess.run(
        [
            "node",
            str(folder / "node_modules/sass/sass.js"),
            f"--load-path={folder / 'node_modules'}",
            "--no-source-map",
            "--style=compressed",
            "--quiet-deps",
            str(SOURCES / "base.scss"),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        stop(done.stderr.decode())
    return re.sub(rb"/\*# sourceMappingURL=[^*]*\*/\s*", b"", done.stdout)


def main():
    with tempfile.TemporaryDirectory() as loose:
        folder = Path(loose)
        (folder / "node_modules").mkdir()
        homes = {name: unpack(name, version, pin, folder) for name, version, pin in PACKAGES}
        files = {
            f"htmx-{HTMX}.min.js": (homes["htmx.org"] / "dist/htmx.min.js").read_bytes(),
            "htmx.LICENSE.txt": (homes["htmx.org"] / "LICENSE").read_bytes(),
            f"base-{GOVUK}.css": compiled(folder),
            "govuk-frontend.LICENSE.txt": (SOURCES / "licences/govuk-frontend.LICENSE.txt").read_bytes(),
        }
    if hashlib.sha256(files[f"htmx-{HTMX}.min.js"]).hexdigest() != HTMX_SHA256:
        stop("htmx is not the file that was read and tested")
    for name, content in files.items():
        for word in REFUSED if name.endswith((".css", ".js")) else ():
            if word.encode() in content:
                stop(f"{name} holds {word!r}")
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.iterdir():
        old.unlink()
    for name, content in files.items():
        (TARGET / name).write_bytes(content)
    lock = {
        "packages": {name: version for name, version, _ in PACKAGES[:2]},
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    (TARGET / "vendor.lock.json").write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")
    for name, content in files.items():
        print(f"{len(content):>8} bytes  {name}")


if __name__ == "__main__":
    main()
