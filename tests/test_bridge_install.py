"""`understudy bridge install`: what goes where, what is never touched, and that all of it goes away again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import understudy
import understudy_bridge
from understudy.domain.errors import BadSettings, Conflict, NotFound, RenderError, UnderstudyError
from understudy_bridge.installing import plan as plan_module
from understudy_bridge.installing.artist_file import with_block, without_block
from understudy_bridge.installing.doing import Outcome, install, remove_host
from understudy_bridge.installing.kept import LIST_FILE
from understudy_bridge.installing.places import Places
from understudy_bridge.installing.plan import plan_installation

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = Path(understudy_bridge.__file__).resolve().parent
TOML = """
name = "Cutter"
systems = ["linux", "windows"]
leave_out = ["src", "*.bak"]
says = "Restart; see {host}/README.md or {folder}."

[[entry]]
file = "start.py"
linux = "~/.cutter/scripts/Understudy.py"
windows = "%APPDATA%/Cutter/Understudy.py"

[[entry]]
file = "menu"
linux = ["~/.cutter/*/menus/Understudy", "$CUTTER/Understudy"]

[[entry]]
file = "lines.py"
linux = "~/.cutter/menu.py"
block = true
"""


@dataclass(frozen=True, kw_only=True)
class Show:
    """An artist's home with an editor of our own making, and Understudy with a side for it."""

    package: Path
    home: Path
    root: Path
    places: Places

    def install(self, host: str = "cutter") -> Outcome:
        return install(plan_installation(host, self.root, self.places))

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.home.rglob("*") if not path.is_dir())
        return {path.relative_to(self.home).as_posix(): path.read_bytes() for path in found}

    def folders(self) -> set[str]:
        return {path.relative_to(self.home).as_posix() for path in self.home.rglob("*") if path.is_dir()}

    def source(self, name: str, text: str) -> None:
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    home = tmp_path / 'ada\'s "home" ä'
    for folder in (".cutter/1.0", ".cutter/2.0", "Cutter 3"):
        (home / folder).mkdir(parents=True)
    (home / ".cutter" / "menu.py").write_text("import theirs\n")
    places = Places(system="linux", home=home, variables={"CUTTER": str(home / "Cutter 3")})
    show = Show(package=tmp_path / "package", home=home, root=home / "data" / "understudy", places=places)
    for host in ("cutter", "trimmer"):
        show.source(f"hosts/{host}/install.toml", TOML)
        for name in (
            "__init__.py",
            "start.py",
            "lines.py",
            "menu/a.py",
            "menu/deep/b.txt",
            "README.md",
            "src/x.ts",
        ):
            show.source(f"hosts/{host}/{name}", f'# {name}\nfolder = "@UNDERSTUDY_FOLDER@"\n')
        show.source(f"hosts/{host}/node_modules/x/index.js", "")
        show.source(f"hosts/{host}/old.bak", "")
        show.source(f"hosts/{host}/__pycache__/start.cpython-39.pyc", "")
    show.source("hosts/trimmer/install.toml", 'name = "Trimmer"\nsystems = ["linux"]\n')
    for name in ("__init__.py", "hosts/__init__.py", "panel/__init__.py", "panel/LICENSE"):
        show.source(name, f"# {name}\n")
    monkeypatch.setattr(plan_module, "PACKAGE", show.package)
    return show


def test_everything_goes_where_the_editor_looks(show: Show) -> None:
    before = show.files()
    outcome = show.install()
    after = show.files()
    written = {Path(path).relative_to(show.home).as_posix() for path in outcome.written}
    assert written == {
        "data/understudy/understudy_bridge/__init__.py",
        "data/understudy/understudy_bridge/hosts/__init__.py",
        "data/understudy/understudy_bridge/hosts/cutter/README.md",
        "data/understudy/understudy_bridge/hosts/cutter/__init__.py",
        "data/understudy/understudy_bridge/hosts/cutter/lines.py",
        "data/understudy/understudy_bridge/hosts/cutter/menu/a.py",
        "data/understudy/understudy_bridge/hosts/cutter/menu/deep/b.txt",
        "data/understudy/understudy_bridge/hosts/cutter/start.py",
        "data/understudy/understudy_bridge/panel/LICENSE",
        "data/understudy/understudy_bridge/panel/__init__.py",
        ".cutter/scripts/Understudy.py",
        ".cutter/1.0/menus/Understudy/a.py",
        ".cutter/1.0/menus/Understudy/deep/b.txt",
        ".cutter/2.0/menus/Understudy/a.py",
        ".cutter/2.0/menus/Understudy/deep/b.txt",
        "Cutter 3/Understudy/a.py",
        "Cutter 3/Understudy/deep/b.txt",
        ".cutter/menu.py",
    }
    assert set(after) - set(before) == written - {".cutter/menu.py"} | {f"data/understudy/{LIST_FILE}"}
    assert outcome.removed == () and outcome.notes == ()


def test_entries_know_our_folder_in_python_and_javascript(show: Show) -> None:
    show.install()
    text = (show.home / ".cutter/scripts/Understudy.py").read_text()
    said: dict[str, str] = {}
    exec(compile(text, "entry", "exec"), said)
    assert Path(said["folder"]) == show.root
    assert json.loads(text.partition(" = ")[2]) == show.root.as_posix()  # as JavaScript reads it too
    says = plan_installation("cutter", show.root, show.places).says()
    assert says == f"Restart; see {show.root}/understudy_bridge/hosts/cutter/README.md or {show.root}."


def test_what_was_installed_goes_and_nothing_else(show: Show) -> None:
    files, folders = show.files(), show.folders()
    show.install()
    # Pythons leave this behind; another's file in a folder of ours stays, and so does its folder.
    cache = show.root / "understudy_bridge" / "panel" / "__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-39.pyc").write_bytes(b"")
    outcome = remove_host("cutter", show.root)
    assert show.files() == files and show.folders() == folders
    assert len(outcome.removed) == 18 and outcome.notes == ()
    with pytest.raises(NotFound, match="--to"):
        remove_host("cutter", show.root)


def test_others_files_in_our_folders_stay(show: Show) -> None:
    show.install()
    theirs = show.root / "understudy_bridge" / "hosts" / "cutter" / "theirs.py"
    theirs.write_text("mine")
    remove_host("cutter", show.root)
    assert theirs.read_text() == "mine"


def test_installing_again_updates_and_takes_away_what_is_no_more(show: Show) -> None:
    files = show.files()
    show.install()
    show.source("hosts/cutter/start.py", "# newer\n")
    show.source("hosts/cutter/lines.py", "newer = 1\n")
    (show.package / "hosts/cutter/menu/a.py").unlink()
    outcome = show.install()
    assert (show.home / ".cutter/scripts/Understudy.py").read_text() == "# newer\n"
    assert (show.home / ".cutter/menu.py").read_text().count("newer = 1") == 1
    assert {Path(path).name for path in outcome.removed} == {"a.py"} and len(outcome.removed) == 4
    assert show.install().removed == ()
    remove_host("cutter", show.root)
    assert show.files() == files


def test_two_editors_share_the_panel_until_the_last_goes(show: Show) -> None:
    files, folders = show.files(), show.folders()
    show.install()
    show.install("trimmer")
    remove_host("cutter", show.root)
    assert (show.root / "understudy_bridge/panel/__init__.py").exists()
    assert (show.root / "understudy_bridge/hosts/trimmer/start.py").exists()
    remove_host("trimmer", show.root)
    assert show.files() == files and show.folders() == folders


def test_an_editor_of_an_earlier_version_is_named(show: Show) -> None:
    show.install()
    kept = show.root / LIST_FILE
    kept.write_text(kept.read_text().replace(f'"version":"{understudy.__version__}"', '"version":"0.0.1"'))
    assert show.install("trimmer").notes == (
        "cutter is still of version 0.0.1: understudy bridge install cutter",
    )


@pytest.mark.parametrize(
    "path",
    [
        ".cutter/scripts/Understudy.py",
        "data/understudy/understudy_bridge/panel/__init__.py",
        "Cutter 3/Understudy/a.py",
    ],
)
def test_files_of_others_are_never_overwritten(show: Show, path: str) -> None:
    theirs = show.home / path
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.write_text("theirs")
    before = show.files()
    with pytest.raises(Conflict, match="not ours; move it away"):
        show.install()
    assert show.files() == before
    theirs.unlink()
    theirs.symlink_to(show.home / ".cutter/menu.py")
    with pytest.raises(Conflict, match="not ours"):
        show.install()
    theirs.unlink()
    theirs.mkdir()
    with pytest.raises(Conflict, match="not ours"):
        show.install()


def test_a_file_that_was_changed_since_is_neither_overwritten_nor_removed(show: Show) -> None:
    show.install()
    entry = show.home / ".cutter/scripts/Understudy.py"
    entry.write_text("changed")
    with pytest.raises(Conflict, match="was changed since"):
        show.install()
    outcome = remove_host("cutter", show.root)
    assert entry.read_text() == "changed" and str(entry) not in outcome.removed
    assert outcome.notes == (f"{entry} was changed since it was installed; it stays",)


@pytest.mark.parametrize(
    "number", [9, *(pytest.param(other, marks=pytest.mark.slow) for other in (1, 2, 3, 18, 19, 20))]
)
def test_an_installation_killed_in_the_middle_can_be_repeated_or_removed(
    show: Show, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Stopped at a write, of a first installation and of an update."""
    from understudy_bridge.installing import doing, kept

    files = show.files()
    real = doing.write_bytes

    class Killed(BaseException):
        pass

    def killed_at(number: int) -> bool:
        count = 0

        def write(target: Path, data: bytes, *, mode: int = 0o644) -> None:
            nonlocal count
            count += 1
            if count == number:
                raise Killed
            real(target, data, mode=mode)

        for module in (doing, kept):
            monkeypatch.setattr(module, "write_bytes", write)
        try:
            show.install()
        except Killed:
            return True
        finally:
            for module in (doing, kept):
                monkeypatch.setattr(module, "write_bytes", real)
        return False

    assert killed_at(number)
    if number > 1:
        remove_host("cutter", show.root)
    assert show.files() == files
    assert killed_at(number)
    show.install()
    show.source("hosts/cutter/start.py", "# newer\n")
    show.source("hosts/cutter/lines.py", "# newer\n")
    assert killed_at(number)
    show.install()
    assert (show.home / ".cutter/scripts/Understudy.py").read_text() == "# newer\n"
    remove_host("cutter", show.root)
    assert show.files() == files


def test_an_artists_file_keeps_its_bytes_rights_and_place(show: Show) -> None:
    real = show.home / "dotfiles.py"
    real.write_bytes(b"a = 1\r\nb = 2")
    real.chmod(0o600)
    link = show.home / ".cutter/menu.py"
    link.unlink()
    link.symlink_to(real)
    show.install()
    assert link.is_symlink() and real.stat().st_mode & 0o777 == 0o600
    assert b"folder = " in real.read_bytes() and real.read_bytes().startswith(b"a = 1\r\nb = 2\r\n# >>>")
    with real.open("ab") as more:
        more.write(b"c = 3\r\n")
    remove_host("cutter", show.root)
    assert real.read_bytes() == b"a = 1\r\nb = 2\r\nc = 3\r\n"


lines = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=60).map(str.encode)
python = st.text(alphabet="abc =1\n", min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(lines, python, python)
def test_lines_put_into_a_file_come_out_without_a_trace(text: bytes, first: str, second: str) -> None:
    once = with_block(text, "nuke", first)
    assert once.startswith(text) and without_block(once, "nuke") == text
    assert with_block(once, "nuke", second) == with_block(text, "nuke", second)
    both = with_block(once, "hiero", second)
    assert without_block(both, "hiero") == once
    assert without_block(without_block(both, "nuke"), "hiero") in (text, text + b"\n", text + b"\r\n")
    assert without_block(once + b"more\n", "nuke").endswith(b"more\n")


def test_lines_that_were_pulled_apart_are_left_to_the_artist(show: Show) -> None:
    show.install()
    menu = show.home / ".cutter/menu.py"
    menu.write_text(menu.read_text().replace("# <<< understudy cutter", ""))
    with pytest.raises(Conflict, match="by hand"):
        show.install()
    outcome = remove_host("cutter", show.root)
    assert "folder = " in menu.read_text() and "by hand" in outcome.notes[0]
    menu.write_bytes("import x\n".encode("utf-16"))
    with pytest.raises(Conflict, match="plain text"):
        show.install()


def test_a_file_that_was_made_for_our_lines_goes_with_them(show: Show) -> None:
    (show.home / ".cutter/menu.py").unlink()
    show.install()
    show.install()
    remove_host("cutter", show.root)
    assert not (show.home / ".cutter/menu.py").exists()


def test_what_cannot_be_placed_is_named(show: Show) -> None:
    starred = '[[entry]]\nfile = "start.py"\nlinux = "~/.trimmer/*/x.py"\n'
    show.source("hosts/trimmer/install.toml", 'name = "Trimmer"\nsystems = ["linux"]\n' + starred)
    (note,) = show.install("trimmer").notes
    assert "~/.trimmer/*/x.py" in note and "start Trimmer once" in note
    places = Places(system="linux", home=show.home, variables={})
    with pytest.raises(BadSettings, match="has no CUTTER"):
        plan_installation("cutter", show.root, places)
    with pytest.raises(BadSettings, match="runs on linux, windows, not on macos"):
        plan_installation("cutter", show.root, Places(system="macos", home=show.home))
    with pytest.raises(NotFound, match="cutter, trimmer"):
        plan_installation("../cutter", show.root, show.places)
    (show.package / "hosts/cutter/start.py").unlink()
    with pytest.raises(BadSettings, match="damaged"):
        show.install()


def test_a_damaged_list_is_named(show: Show) -> None:
    show.install()
    (show.root / LIST_FILE).write_text("{")
    with pytest.raises(UnderstudyError, match="InstalledList"):
        show.install()


def test_a_package_that_cannot_be_made_is_named(show: Show) -> None:
    show.source("hosts/trimmer/install.toml", 'name = "T"\nsystems = ["linux"]\npacking = "packing.py"\n')
    show.source("hosts/trimmer/packing.py", "def extension_zip(target):\n    raise OSError('no room')\n")
    with pytest.raises(RenderError, match="no room"):
        plan_installation("trimmer", show.root, show.places)
    show.source("hosts/trimmer/packing.py", "def extension_zip(target):\n    target.write_bytes(b'zip')\n")
    (written,) = show.install("trimmer").written
    assert Path(written).read_bytes() == b"zip"
