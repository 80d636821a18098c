"""A pack that was read once is not read again, and means the same; what changed is read anew."""

import shutil
from pathlib import Path

import pytest

from citycard.infra.packs import PackError, find_pack, pack_codes
from citycard.infra.packs import pack as packs
from citycard.infra.packs.pack import Pack, load
from citycard.infra.packs.reading import Source, read_source


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of the test's own; returns where a pack is kept in it."""
    monkeypatch.setenv("CITYCARD_STATE", str(tmp_path / "state"))
    return tmp_path / "state" / "packs" / "taoyuan.json"


@pytest.fixture
def directory(tmp_path: Path, kept: Path) -> Path:
    """A copy of a pack that may be changed."""
    source = find_pack("taoyuan").directory
    shutil.copytree(source, tmp_path / "taoyuan")
    shutil.copytree(source.parent / "_schema", tmp_path / "_schema")
    return tmp_path / "taoyuan"


def read(monkeypatch: pytest.MonkeyPatch, directory: Path) -> tuple[Pack, int]:
    """Load a pack, and count the files whose YAML was read."""
    files: list[str] = []
    reading = read_source

    def counted(text: str, file: str) -> Source:
        files.append(file)
        return reading(text, file)

    with monkeypatch.context() as patch:
        patch.setattr(packs, "read_source", counted)
        return load(directory), len(files)


@pytest.mark.parametrize("city", pack_codes())
def test_what_was_kept_is_what_was_read(city: str, kept: Path) -> None:
    directory = find_pack(city).directory
    fresh, again = load(directory), load(directory)
    assert again.sources == fresh.sources  # values, their order, and the line of each
    for name in fresh.sources:
        assert repr(again.table(name)) == repr(fresh.table(name))
    assert again.hash == fresh.hash


def test_the_second_process_reads_no_yaml(
    directory: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, files = read(monkeypatch, directory)
    assert files > 20
    second, files = read(monkeypatch, directory)
    assert files == 0
    assert second == first


@pytest.mark.parametrize("where", ["entitlements.yaml", "../_schema/cards.json"])
def test_what_changed_is_read_anew(directory: Path, where: str) -> None:
    before = load(directory)
    path = directory / where
    path.write_text(path.read_text("utf-8").replace("amount: 1000", "amount: 1001") + "\n", "utf-8")
    after = load(directory)
    assert (after.hash != before.hash) == where.startswith("entitlements")


def test_a_mistake_is_named_every_time(directory: Path) -> None:
    load(directory)
    path = directory / "entitlements.yaml"
    path.write_text(path.read_text("utf-8").replace("since:", "sinc:", 1), "utf-8")
    for _ in range(2):
        with pytest.raises(PackError, match="sinc"):
            load(directory)
    (directory / "people" / "population.csv").unlink()
    with pytest.raises(PackError, match=r"sinc(.|\n)*population"):  # everything at once
        load(directory)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"mark": 1}', '{"mark": "x", "sources": 3}'])
def test_what_was_kept_badly_is_read_anew(directory: Path, kept: Path, content: str) -> None:
    first = load(directory)
    kept.write_text(content, "utf-8")
    assert load(directory) == first


def test_where_nothing_can_be_kept_the_pack_is_read(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("no directory")
    monkeypatch.setenv("CITYCARD_STATE", str(tmp_path / "occupied"))
    assert load(directory).code == "taoyuan"
