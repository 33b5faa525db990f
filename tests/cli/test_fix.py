"""`archlint check --fix` and `--diff`."""

from pathlib import Path

from commands import API, ERROR, Archlint

_DIFF = """\
--- a/api.yaml
+++ b/api.yaml
"""


def test_diff_changes_nothing(project: Path, archlint: Archlint) -> None:
    (project / "api.yaml").write_text(API)
    result = archlint("check", "--select", ERROR, "--diff")
    assert (result.status, result.err) == (1, "")
    assert result.out.startswith(_DIFF)
    assert "\n-          content:\n" in result.out
    assert (project / "api.yaml").read_text() == API


def test_fix(project: Path, archlint: Archlint) -> None:
    path = project / "api.yaml"
    path.write_text(API)
    path.chmod(0o640)
    result = archlint("check", "--select", ERROR, "--fix")
    assert (result.status, result.err) == (0, "made 1 fix in 1 file\n")
    assert result.out.endswith("Found 0 errors, 0 warnings, 0 info.\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(path.read_text().splitlines()) < len(API.splitlines())
    again = archlint("check", "--select", ERROR, "--fix")
    assert (again.status, again.err) == (0, "")
    assert archlint("check", "--select", ERROR, "--diff").out == ""


def test_unsafe_fixes_are_asked_for(project: Path, archlint: Archlint) -> None:
    text = API.replace("paths:", "servers: [{url: 'http://api.shop.example'}]\npaths:", 1)
    (project / "api.yaml").write_text(text)
    rule = "server-url-not-https"
    assert archlint("check", "--select", rule, "--diff").out == ""
    result = archlint("check", "--select", rule, "--diff", "--unsafe-fixes")
    assert "+servers: [{url: 'https://api.shop.example'}]\n" in result.out


def test_standard_input_is_not_fixed(archlint: Archlint) -> None:
    result = archlint("check", "--fix", "-")
    assert result.status == 2
    assert "standard input is not fixed" in result.err
