#!/bin/sh
# Make .venv with Python 3.11 (or newer). Says what to install when this machine cannot.
set -eu
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
whole() { .venv/bin/python -c 'import pip' 2>/dev/null && fits .venv/bin/python; }
try() { rm -rf .venv; "$@" >/dev/null 2>&1 && whole; }

whole && exit 0

python=
for name in python3.11 python3 python3.12 python3.13; do
    if command -v "$name" >/dev/null 2>&1 && fits "$name"; then python=$name; break; fi
done
if [ -z "$python" ]; then
    echo "Caseapp needs Python 3.11 or newer. On Debian: sudo apt-get install python3 python3-venv" >&2
    exit 1
fi

try "$python" -m venv .venv && exit 0

# Debian keeps a part of venv (ensurepip) in a package of its own.
package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
if command -v apt-get >/dev/null 2>&1; then
    root=
    [ "$(id -u)" -eq 0 ] || root="sudo -n"
    if [ -z "$root" ] || $root true 2>/dev/null; then
        echo "Installing $package, which Python needs for virtual environments …"
        export DEBIAN_FRONTEND=noninteractive
        { $root apt-get -qq update && $root apt-get -qq install -y --no-install-recommends "$package"; } >/dev/null 2>&1 || true
        try "$python" -m venv .venv && exit 0
    fi
fi

try "$python" -m virtualenv .venv && exit 0
command -v uv >/dev/null 2>&1 && try uv venv --seed --python "$python" .venv && exit 0
if "$python" -c 'import pip' 2>/dev/null && rm -rf .venv && "$python" -m venv --without-pip .venv; then
    "$python" -m pip --python .venv/bin/python install --quiet pip >/dev/null 2>&1 || true
    whole && exit 0
fi

rm -rf .venv
cat >&2 <<MESSAGE
$python cannot make a virtual environment on this machine: its part "ensurepip" is missing.
Install it, then run the same command again:

    sudo apt-get install $package

MESSAGE
exit 1
