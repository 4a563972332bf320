"""README tells the truth: its tree is the tree on disk, its settings are the settings, its presets are the presets."""

import re

from qa.models.presets import preset_names
from qa.settings import Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def tree() -> set[str]:
    """The files that the tree in README names below ``qa/``."""
    block = re.search(r"^qa/\n(.*?)^tests/", README, re.MULTILINE | re.DOTALL)
    assert block
    files, folders = set(), []
    for line in block.group(1).splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2 - 1
        del folders[depth:]
        if name.endswith("/"):
            folders.append(name)
        else:
            assert len(line.split()) > 1, f"{name} has no comment"
            files.add("".join(folders) + name)
    return files


def test_the_tree_is_the_tree_on_disk() -> None:
    package = ROOT / "qa"
    wanted = {".py", ".toml", ".css", ".js", ".j2"}
    on_disk = {str(path.relative_to(package)) for path in package.rglob("*") if path.suffix in wanted}
    assert tree() == {name for name in on_disk if not name.endswith("__init__.py")}


def test_every_setting_is_told_with_its_default() -> None:
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | `{field.default}` | {field.description} |" in README


def test_every_preset_is_told() -> None:
    for name in preset_names():
        assert f"`{name}`" in README


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
