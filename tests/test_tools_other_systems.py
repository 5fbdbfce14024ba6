"""The recipes for Windows, macOS and the build service, as far as they can be checked without these systems."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.about import NAME, VERSION
from core.photo_search import PHOTO_SUFFIXES
from tools.installers import package
from tools.installers.package import command_for

ROOT = Path(__file__).resolve().parent.parent
INSTALLERS = ROOT / "tools" / "installers"
WORKFLOW = ROOT / ".github" / "workflows" / "build.yml"
SECTIONS = (
    *("Setup", "Languages", "CustomMessages", "Tasks", "InstallDelete", "Files", "Icons", "Registry", "Run", "Code"),
)
# What each line of a section may say, as Inno Setup's manual lists it.
PARAMETERS = {
    "Languages": {"Name", "MessagesFile"},
    "Tasks": {"Name", "Description", "GroupDescription", "Flags"},
    "InstallDelete": {"Type", "Name"},
    "Files": {"Source", "DestDir", "Flags"},
    "Icons": {"Name", "Filename", "Tasks"},
    "Registry": {"Root", "Subkey", "ValueType", "ValueName", "ValueData", "Flags"},
    "Run": {"Filename", "Description", "Flags"},
}


@pytest.fixture(scope="module")
def inno() -> str:
    raw = (INSTALLERS / "windows" / "shelterlens.iss").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf"), "Inno Setup takes UTF-8 only with its mark"
    return raw.decode("utf-8-sig")


@pytest.fixture(scope="module")
def sections(inno: str) -> dict[str, list[str]]:
    """The lines of each section, without comments and the preprocessor's."""
    found: dict[str, list[str]] = {}
    for line in inno.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            found[heading[1]] = []
        elif found and line.strip() and not line.startswith((";", "#")):
            found[list(found)[-1]].append(line)
    return found


def test_the_windows_installer_has_only_what_inno_setup_knows(sections: dict[str, list[str]]) -> None:
    assert tuple(sections) == SECTIONS
    for name, known in PARAMETERS.items():
        for line in sections[name]:
            said = re.sub(r'"(?:[^"]|"")*"', '""', line)
            assert said.count('"') % 2 == 0 and line.count('"') % 2 == 0, line
            assert {part.partition(":")[0].strip() for part in said.split(";")} <= known, line
    assert all(re.match(r"\w+=", line) for line in sections["Setup"])


def test_the_windows_installer_asks_for_no_administrator_and_keeps_what_is_the_users(
    inno: str, sections: dict[str, list[str]]
) -> None:
    assert "PrivilegesRequired=lowest" in sections["Setup"]
    assert not re.search(r"\b(HKLM|HKCR|HKEY_LOCAL_MACHINE)\b", inno)
    assert "UninstallDelete" not in sections
    assert {line.partition(";")[0] for line in sections["Registry"]} == {"Root: HKA"}
    assert all("{app}" in line for line in sections["InstallDelete"])


def test_every_file_that_the_windows_installer_names_is_there(inno: str) -> None:
    named = re.findall(r"\{#Root\}\\([\w\\. -]+)", inno)
    paths = {ROOT / name.replace("\\", "/") for name in named}
    assert {path.name for path in paths} >= {"LICENSE", "shelterlens.ico", "dist"}
    assert [path for path in paths if not path.exists() and path.name != "dist" and "dist" not in path.parts] == []
    assert {NAME, f"{NAME} full"} == set(re.findall(r'#define Program "([^"]+)"', inno))
    assert len(set(re.findall(r'#define Guid "([^"]+)"', inno))) == 2, "two programs can be installed beside each other"


def test_windows_offers_it_for_every_kind_of_photograph(sections: dict[str, list[str]]) -> None:
    told = {found for line in sections["Registry"] for found in re.findall(r"Classes\\(\.\w+)\\OpenWithProgids", line)}
    assert told == PHOTO_SUFFIXES
    assert any("Classes\\Directory\\shell" in line for line in sections["Registry"])


def test_the_windows_installer_speaks_both_languages(sections: dict[str, list[str]]) -> None:
    said = [re.match(r"(en|fr)\.(\w+)=(.+)", line) for line in sections["CustomMessages"]]
    by_language = {code: {one[2] for one in said if one and one[1] == code} for code in ("en", "fr")}
    assert by_language["en"] == by_language["fr"] and len(said) == 2 * len(by_language["en"])
    used = set(re.findall(r"\{cm:(\w+)", "\n".join(map("\n".join, sections.values()))))
    assert used - by_language["en"] == {"CreateDesktopIcon", "AdditionalIcons", "LaunchProgram"}, "Inno's own"


def test_what_macos_allows_the_program_can_be_read() -> None:
    allowed = plistlib.loads((INSTALLERS / "macos" / "entitlements.plist").read_bytes())
    assert allowed and all(
        name.startswith("com.apple.security.cs.") and value is True for name, value in allowed.items()
    )
    assert "com.apple.security.cs.disable-library-validation" not in allowed, "everything is signed by one"


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize("script", sorted(INSTALLERS.rglob("*.sh")), ids=lambda path: "/".join(path.parts[-2:]))
def test_scripts_can_be_read_by_their_shell(script: Path) -> None:
    shell = "bash" if "bash" in script.read_text(encoding="utf-8").splitlines()[0] else "sh"
    subprocess.run([shell, "-n", script], check=True, timeout=30)
    if checker := shutil.which("shellcheck"):
        done = subprocess.run([checker, script], capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == ""


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_system_packs_its_own(tmp_path: Path, platform: str) -> None:
    assert command_for(NAME, tmp_path, platform) == []
    ending = ".app" if platform == "darwin" else ""
    for name in (NAME, f"{NAME} full"):
        (tmp_path / f"{name}{ending}").mkdir()
        command = command_for(name, tmp_path, platform)
        script = next(Path(part) for part in command if part.endswith((".sh", ".iss")))
        assert script.is_file() and any(VERSION in part for part in command)
        if platform == "win32":
            assert ("/DFull" in command) == (name != NAME)
        else:
            assert str(tmp_path / f"{name}{ending}") in command


def test_without_a_finished_program_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="make exe"):
        package.main()


def test_the_build_service_builds_and_tests_on_three_systems() -> None:
    yaml = pytest.importorskip("yaml")
    told = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    job = told["jobs"]["build"]
    matrix = job["strategy"]["matrix"]
    assert matrix["system"] == ["linux", "windows", "macos"] and matrix["program"] == ["lean", "full"]
    added: dict[str, dict[str, str]] = {}
    for one in matrix["include"]:
        key = one.get("system") or one["program"]
        added[key] = one
    assert set(added) == {*matrix["system"], *matrix["program"]}
    assert [added[kind]["name"] for kind in ("lean", "full")] == [NAME, f"{NAME} full"]
    assert told["permissions"] == {"contents": "read"}
    used = set(re.findall(r"matrix\.(\w+)", WORKFLOW.read_text(encoding="utf-8")))
    assert used <= {"system", "program", "runner", "name", "command"}


def test_the_build_service_installs_only_what_is_locked() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert installs and all("--require-hashes" in line and "--only-binary :all:" in line for line in installs)
    for lock in re.findall(r"-r (\S+)", "\n".join(installs)):
        assert (ROOT / lock).is_file()
    actions = re.findall(r"uses: (\S+)", text)
    assert actions and all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in actions)


def test_every_file_and_module_that_the_build_service_names_is_there() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    for module in re.findall(r"python -m (tools[\w.]+)", text):
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module
    for path in re.findall(r"(?:resources|tests)/[\w./-]+\.\w+", text):
        assert (ROOT / path).exists() or "*" in path, path
