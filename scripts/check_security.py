"""Look for known faults: `python -m scripts.check_security`, part of `make check` (docs/decisions/0028-checks.md).

Three tools at once, from an environment of their own: bandit (what Python code should not do), semgrep with the rules of
this house (config/semgrep.yml), pip-audit (known faults in what is installed). Says nothing where all is well. Where the
list of known faults cannot be reached, or does not know our packages, it says so loudly and goes on: that nobody
looked is not the same as that nothing is wrong. Exit status 1 for any finding.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".venv-checks" / "bin"
CODE = ("caseapp", "config", "scripts", "app.py", "gunicorn.conf.py")

COMMANDS = {
    "bandit": ("bandit", "--quiet", "--recursive", "--severity-level", "medium", "--configfile", "pyproject.toml", *CODE),
    "semgrep": (
        "semgrep", "scan", "--metrics=off", "--disable-version-check", "--quiet", "--error", "--config", "config/semgrep.yml",
        *CODE,
    ),
    "pip-audit": (
        "pip-audit", "--requirement", "requirements.txt", "--no-deps", "--disable-pip", "--timeout", "5",
        "--progress-spinner", "off", "--format", "json",
    ),
}  # fmt: skip


def main() -> int:
    running = {
        name: subprocess.Popen(
            [TOOLS / command, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name, (command, *words) in COMMANDS.items()
    }
    wrong = 0
    for name, process in running.items():
        out, err = process.communicate(timeout=300)
        judge = known_faults if name == "pip-audit" else plainly
        wrong |= judge(name, process.returncode, out, err)
    return wrong


def plainly(name: str, status: int, out: str, err: str) -> int:
    """What the tool says, if it says that something is wrong."""
    if status == 0:
        return 0
    print(f"\n{name}:\n{out or err}")
    return 1


def known_faults(_name: str, _status: int, out: str, err: str) -> int:
    """1 where a package has a known fault. A loud word where nobody could tell."""
    try:
        packages = json.loads(out)["dependencies"]
    except (ValueError, KeyError):
        lines = err.strip().splitlines()
        warn("all packages", lines[-1][:200] if lines else "no answer")
        return 0
    faults = [(one, fault) for one in packages for fault in one.get("vulns", ())]
    for one, fault in faults:
        mended = ", ".join(fault.get("fix_versions") or ["no version yet"])
        print(f"{one['name']} {one['version']}: {fault['id']}, mended in {mended}")
    if unknown := [one["name"] for one in packages if "skip_reason" in one]:
        warn(f"{len(unknown)} of {len(packages)} packages", "the advisory service does not answer for them")
    return 1 if faults else 0


def warn(what: str, why: str) -> None:
    print(
        "\n" + "!" * 100 + f"\n!! NOT CHECKED for known faults: {what}.\n!! {why}\n"
        "!! Run `make check` where the advisory service can be reached, at least before each release.\n"
        + "!"
        * 100,
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
