"""Each rule in config/semgrep.yml finds what it is there for, and leaves alone what is right (docs/decisions/0028)."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.tools import missing

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "config" / "semgrep.yml"
SEMGREP = ROOT / ".venv-checks" / "bin" / "semgrep"

#: rule: (file, what it must find, what it must leave alone)
SAMPLES = {
    "no-safe-in-templates": ("caseapp/templates/a.html", "<p>{{ note|safe }}</p>", "<p>{{ note }} is safe</p>"),
    "no-script-in-templates": ("caseapp/templates/b.html", '<p onclick="x()">', '<script src="/static/app.js"></script><p class="on">'),
    "markup-is-made-in-few-places": ("caseapp/web/c.py", "x = Markup(text)", 'x = Markup("<b>{}</b>").format(text)'),
    "no-database-in-views": ("caseapp/blueprints/d.py", "x = db.session.get(Case, 1)", "x = queries.case(1)"),
    "no-sql-put-together": ("caseapp/queries/e.py", 'c.execute(f"SELECT {name}")', 'c.execute("SELECT :name", {"name": name})'),
    "no-typed-text-in-sql": ("caseapp/queries/f.py", 'def f(q):\n    return text(f"x = {q}")', 'IS_OPEN = text(f"x.{OPEN}")'),
    "time-comes-from-the-clock": ("caseapp/services/g.py", "x = datetime.now(UTC)", "x = clock.now()"),
    "a-route-says-who-may": (
        "caseapp/blueprints/h/views.py",
        '@bp.get("/x")\ndef x():\n    pass',
        '@bp.get("/x")\n@bp.post("/x")\n@allowed(Do.X)\ndef x():\n    pass',
    ),
    "no-code-from-data": ("caseapp/services/i.py", "x = pickle.loads(data)", "x = json.loads(data)"),
    "no-way-to-another-site": (
        "caseapp/web/j.py",
        'def f():\n    return redirect(request.args.get("next"), 303)',
        'def f():\n    return redirect(local_path(request.args.get("next")) or "/", 303)',
    ),
    "body-and-address-are-not-mixed": ("caseapp/web/k.py", 'x = request.values.get("a")', 'x = request.form.get("a")'),
    "no-file-by-name": ("caseapp/blueprints/l.py", "x = send_file(name)", "x = make_response(file.content)"),
    "forms-keep-their-token": ("caseapp/blueprints/m.py", "@csrf.exempt\ndef x():\n    pass", "def x():\n    pass"),
    "secrets-come-from-secrets": ("caseapp/services/n.py", "x = random.randrange(10)", "x = secrets.token_urlsafe(16)"),
    "no-weak-hash": ("caseapp/services/o.py", "x = hashlib.md5(b'')", "x = hashlib.sha256(b'')"),
    "certificates-are-checked": ("caseapp/services/p.py", "x = get(url, verify=False)", "x = get(url, timeout=5)"),
    "logs-hold-no-data": ("caseapp/services/q.py", 'log.error(f"no {name}")', 'log.error("no %s", kind)'),
    "nothing-kept-in-the-browser": ("caseapp/static/r.js", "localStorage.a = 1", "const a = 1;"),
}  # fmt: skip


def test_every_rule_has_its_samples():
    assert set(re.findall(r"^  - id: (\S+)", RULES.read_text(encoding="utf-8"), re.M)) == set(SAMPLES)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """{rule: files in which it found something} over all samples, bad and good, in one run."""
    if not SEMGREP.exists():
        missing("semgrep (make .venv-checks/installed)")
    folder = tmp_path_factory.mktemp("samples")
    for path, bad, good in SAMPLES.values():
        for kind, text in (("bad", bad), ("good", good)):
            file = folder / kind / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n", encoding="utf-8")
    seen = {}
    for kind in ("bad", "good"):
        done = subprocess.run(
            [SEMGREP, "scan", "--metrics=off", "--disable-version-check", "--json", "--quiet", "--no-git-ignore", "--config", RULES, "."],
            cwd=folder / kind, capture_output=True, text=True, check=False,
        )  # fmt: skip
        results = json.loads(done.stdout)
        assert not results["errors"], results["errors"]
        for one in results["results"]:
            seen.setdefault((kind, one["check_id"].rpartition(".")[2]), set()).add(
                one["path"].removeprefix("./")
            )
    return seen


@pytest.mark.parametrize("rule", SAMPLES)
def test_a_rule_finds_what_is_wrong_and_leaves_what_is_right(found, rule):
    path = SAMPLES[rule][0]
    assert path in found.get(("bad", rule), ()), "it does not find its own sample"
    assert path not in found.get(("good", rule), ()), "it finds what is right"


def test_the_check_speaks_up_where_nobody_could_look(capsys):
    """Advisories out of reach, or packages that they do not know: loud, and no failure; a known fault: a failure."""
    from scripts.check_security import known_faults

    assert known_faults("pip-audit", 1, "", "ConnectionError: no way out") == 0
    assert "NOT CHECKED for known faults: all packages" in capsys.readouterr().err
    skipped = {
        "dependencies": [
            {"name": "a", "skip_reason": "not found"},
            {"name": "b", "version": "1", "vulns": []},
        ]
    }
    assert known_faults("pip-audit", 0, json.dumps(skipped), "") == 0
    assert "NOT CHECKED for known faults: 1 of 2 packages" in capsys.readouterr().err
    faulty = {
        "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]
    }
    assert known_faults("pip-audit", 1, json.dumps(faulty), "") == 1
    assert "a 1: CVE-1, mended in 2" in capsys.readouterr().out
