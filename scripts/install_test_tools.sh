#!/bin/sh
# Chromium for the browser tests (its shell without windows: a third of the work), PostgreSQL for the second database, Pango
# for the PDFs: from Debian's packages, if this user may install them. What is still missing afterwards is said loudly; with
# CI=true the tests that need it then fail.
set -u
cd "$(dirname "$0")/.."

has_shell() { [ -n "${CHROMIUM:-}" ] || command -v chromium-headless-shell >/dev/null 2>&1; }
has_chromium() { has_shell || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
has_postgres() { .venv/bin/python -m tests.postgres >/dev/null 2>&1; }
has_pango() { .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1; }

wanted=
patience=600 # seconds; far less where all that is missing could be done without
has_postgres || wanted="$wanted postgresql"
has_pango || wanted="$wanted libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
has_chromium && [ -z "$wanted" ] && patience=60
has_shell || wanted="$wanted chromium-headless-shell"
[ -z "$wanted" ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
    root=
    [ "$(id -u)" -eq 0 ] || root="sudo -n"
    if [ -z "$root" ] || $root true 2>/dev/null; then
        echo "Installing$wanted for the tests …"
        export DEBIAN_FRONTEND=noninteractive
        timeout "$patience" $root apt-get -qq update >/dev/null 2>&1
        # shellcheck disable=SC2086 # several words on purpose
        timeout "$patience" $root apt-get -qq install -y --no-install-recommends $wanted >/dev/null 2>&1 || {
            # an older Debian has no such package: one by one then, and the whole browser in its place
            has_chromium || wanted="$wanted chromium"
            for one in $wanted; do timeout "$patience" $root apt-get -qq install -y --no-install-recommends "$one" >/dev/null 2>&1; done
        }
    fi
fi

warn() {
    printf '\n*** %s\n' "$1"
    if [ "${CI:-}" = true ]; then printf '*** With CI=true these tests fail.\n\n'; else printf '*** These tests are SKIPPED.\n\n'; fi
}
has_chromium || warn "No Chromium: nothing is tested in a real browser. Install it with: sudo apt-get install chromium"
has_postgres || warn "No PostgreSQL: nothing is tested on it. Install it with: sudo apt-get install postgresql"
has_pango || warn "No Pango: no PDF is made. Install it with: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
exit 0
