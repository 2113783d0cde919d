"""The contract of `Store`: a directory, a data branch with any server, a package registry and a bucket behave alike."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from steelyard.baseline.archive import Archive
from steelyard.baseline.interface import Entry
from steelyard.errors import InputError, StoreError
from steelyard.model.codec import encode, load_evaluation, save_evaluation
from steelyard.model.evaluation import FILE_NAME, Plot
from steelyard.model.history import HistoryRecord
from tests.integration.baseline.evaluations import evaluation, sha_of, side_file
from tests.integration.baseline.places import KINDS, Place, empty, place

JSON_1 = f"evaluations/default/{sha_of(1)}.json"


@pytest.fixture(params=KINDS)
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty place of each kind."""
    found = place(request.param, tmp_path / "place")
    yield found
    found.close()


def filled(somewhere: Place, tmp_path: Path, *numbers: int, keep: int = 50) -> Archive:
    """A store in which some commits' Evaluations have been saved, in this order."""
    store = somewhere.store()
    for number in numbers:
        store.save(evaluation(tmp_path / "made" / str(number), number), keep=keep)
    return store


def shas(entries: tuple[Entry, ...]) -> list[str]:
    """The commits of some entries."""
    return [entry.sha for entry in entries]


def test_entries__empty_place(somewhere: Place) -> None:
    """A place that was never written to has no entries, and looking does not make it."""
    assert somewhere.store().entries("default") == ()
    assert somewhere.read() == {}


def test_save_and_load__equal(somewhere: Place, tmp_path: Path) -> None:
    """What another process loads is byte for byte what was saved."""
    made = evaluation(tmp_path / "made", 7)

    entry = somewhere.store().save(made, keep=50)
    loaded = somewhere.store().load("default", sha_of(7), into=tmp_path / "loaded")

    assert loaded == tmp_path / "loaded"
    assert {file.name: file.read_bytes() for file in made.iterdir()} == {
        file.name: file.read_bytes() for file in loaded.iterdir()
    }
    assert (entry.sha, entry.id) == (sha_of(7), "default")
    assert entry.size == sum(file.stat().st_size for file in made.iterdir())


def test_entries__newest_first(somewhere: Place, tmp_path: Path) -> None:
    """The order is that of writing, whatever the writers' clocks said."""
    store = somewhere.store()
    store.save(evaluation(tmp_path / "a", 1, created="2099-01-01T00:00:00+00:00"), keep=50)
    store.save(evaluation(tmp_path / "b", 2, created="1970-01-01T00:00:00+00:00"), keep=50)

    entries = somewhere.store().entries("default")

    assert shas(entries) == [sha_of(2), sha_of(1)]
    assert [entry.created[:4] for entry in entries] == ["1970", "2099"]
    assert all(entry.size > 0 for entry in entries)


def test_entries__of_one_report(somewhere: Place, tmp_path: Path) -> None:
    """Reports do not see each other's Evaluations, also of the same commit."""
    store = filled(somewhere, tmp_path, 1)
    store.save(evaluation(tmp_path / "other", 1, report_id="other"), keep=50)
    store.save(evaluation(tmp_path / "other2", 2, report_id="other"), keep=50)

    assert shas(store.entries("default")) == [sha_of(1)]
    assert shas(store.entries("other")) == [sha_of(2), sha_of(1)]
    assert store.entries("oth") == ()
    assert store.entries("../default") == ()


def test_save__replaces_same_commit(somewhere: Place, tmp_path: Path) -> None:
    """Saving a commit again leaves one Evaluation, the later, and nothing of the earlier."""
    store = filled(somewhere, tmp_path, 1, 2)
    store.save(evaluation(tmp_path / "again", 1, predictions=b"trained again"), keep=50)

    loaded = store.load("default", sha_of(1), into=tmp_path / "loaded")

    assert load_evaluation(loaded) == load_evaluation(tmp_path / "again")
    assert shas(store.entries("default")) == [sha_of(1), sha_of(2)]
    assert len([name for name in somewhere.read() if name.startswith("files/pred-")]) == 2


def test_save__same_again_changes_nothing(somewhere: Place, tmp_path: Path) -> None:
    """Saving what is there already leaves the same files."""
    store = filled(somewhere, tmp_path, 1)
    before = somewhere.read()

    store.save(tmp_path / "made" / "1", keep=50)

    assert somewhere.read() == before


def test_save__keeps_the_newest(somewhere: Place, tmp_path: Path) -> None:
    """Beyond `keep` the oldest go, with their side files; what others share stays."""
    store = filled(somewhere, tmp_path, 1, 2, 3, 4, keep=2)

    assert shas(store.entries("default")) == [sha_of(4), sha_of(3)]
    files = [name for name in somewhere.read() if name.startswith("files/")]
    assert len([name for name in files if "testset-" in name]) == 1
    assert len([name for name in files if "pred-" in name]) == 2
    assert (store.load("default", sha_of(3), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_save__never_drops_what_it_saves(somewhere: Place, tmp_path: Path) -> None:
    """The one just saved stays, even with the oldest clock and `keep = 1`."""
    store = filled(somewhere, tmp_path, 1)
    store.save(evaluation(tmp_path / "old", 2, created="1970-01-01T00:00:00+00:00"), keep=1)

    assert shas(store.entries("default")) == [sha_of(2)]


def test_save__keep_is_per_report(somewhere: Place, tmp_path: Path) -> None:
    """A busy report does not push out another one's Evaluations."""
    store = somewhere.store()
    store.save(evaluation(tmp_path / "quiet", 9, report_id="quiet"), keep=2)
    filled(somewhere, tmp_path, 1, 2, 3, keep=2)

    assert shas(store.entries("quiet")) == [sha_of(9)]


def test_history__oldest_first(somewhere: Place, tmp_path: Path) -> None:
    """What is remembered of the newest Evaluations comes without their side files, in the order of writing."""
    filled(somewhere, tmp_path, 3, 1, 2)
    records = somewhere.store().history("default", last=2)

    assert [one.sha for one in records] == [sha_of(1), sha_of(2)]
    assert records[0] == HistoryRecord.of(load_evaluation(tmp_path / "made" / "1"))
    assert records[0].metrics["accuracy"].value == 1 / 1000
    assert len({one.sets["test"].look for one in records}) == 2
    assert somewhere.store().history("other", last=2) == ()


def test_history__leaves_out_what_is_broken(somewhere: Place, tmp_path: Path) -> None:
    """A broken Evaluation, or one that is not the one it is called, costs no more than itself."""
    store = filled(somewhere, tmp_path, 1, 2, 3)
    store.entries("default")
    somewhere.overwrite({JSON_1: b"{", f"evaluations/default/{sha_of(2)}.json": b"[" * 100_000})

    assert [one.sha for one in somewhere.store().history("default", last=9)] == [sha_of(3)]


def test_save__repeats(somewhere: Place, tmp_path: Path) -> None:
    """The predictions of further trainings are kept beside the first one's, and come back."""
    made = evaluation(tmp_path / "made", 1)
    plain = load_evaluation(made)
    repeats = (side_file(made, "pred", b"second run"), side_file(made, "pred", b"third run"))
    sets = {"test": structs.replace(plain.predictions["test"], repeats=repeats)}
    save_evaluation(structs.replace(plain, predictions=sets), made)

    somewhere.store().save(made, keep=50)
    loaded = somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")

    assert load_evaluation(loaded).predictions["test"].repeats == repeats
    assert (loaded / repeats[1].name).read_bytes() == b"third run"


def test_prune__counts_and_drops(somewhere: Place, tmp_path: Path) -> None:
    """Pruning says how many it dropped; what is left can be loaded."""
    store = filled(somewhere, tmp_path, 1, 2, 3)

    assert store.prune("default", keep=1) == 2
    assert store.prune("default", keep=1) == 0
    assert shas(store.entries("default")) == [sha_of(3)]
    assert (store.load("default", sha_of(3), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_prune__empty_place(somewhere: Place) -> None:
    """Pruning nothing drops nothing and makes nothing."""
    assert somewhere.store().prune("default", keep=1) == 0
    assert somewhere.read() == {}


def test_load__not_there(somewhere: Place, tmp_path: Path) -> None:
    """A commit without Evaluation is an error that names it; nothing is left in the directory."""
    store = filled(somewhere, tmp_path, 1)

    with pytest.raises(StoreError, match=f"no evaluation of {sha_of(2)[:12]}"):
        store.load("default", sha_of(2), into=tmp_path / "loaded")
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize(
    ("report_id", "sha"),
    [
        ("../../x", sha_of(1)),
        ("default", "../../../etc/passwd"),
        ("default", "HEAD"),
        ("", sha_of(1)),
        ("a/b", sha_of(1)),
    ],
)
def test_load__hostile_names(somewhere: Place, tmp_path: Path, report_id: str, sha: str) -> None:
    """A name that is not one never becomes a path."""
    with pytest.raises(StoreError, match="no evaluation can be called"):
        somewhere.store().load(report_id, sha, into=tmp_path / "loaded")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a valid Evaluation"),
        (b'{"schema": 1, "steelyard": "0", "creat', "not a valid Evaluation"),
        (b"\xff\xfe{}", "not a valid Evaluation"),
        (b'{"schema": 99, "new": true}', "newer steelyard"),
        (b'{"schema": 1, "steelyard": "0", "created": "x", "id": "default"}', "another report or commit"),
        (
            b'{"schema": 1, "steelyard": "0", "created": "x", "predictions": {"a": {"testset": {"name": "../x"}}}}',
            "not a",
        ),
    ],
    ids=["empty", "truncated", "not-utf8", "newer", "no-commit", "traversal"],
)
def test_load__broken_json(somewhere: Place, tmp_path: Path, content: bytes, said: str) -> None:
    """JSON that is not what it should be is an error that says why, and leaves no Evaluation behind."""
    store = filled(somewhere, tmp_path, 1)
    somewhere.overwrite({JSON_1: content})

    with pytest.raises(StoreError, match=said):
        somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")
    assert not (tmp_path / "loaded" / FILE_NAME).exists()
    assert shas(store.entries("default")) == [sha_of(1)]


def test_load__of_another_commit(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation that was put in another one's place is refused."""
    filled(somewhere, tmp_path, 1, 2)
    somewhere.overwrite({JSON_1: somewhere.read()[f"evaluations/default/{sha_of(2)}.json"]})

    with pytest.raises(StoreError, match="another report or commit"):
        somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")


def test_load__wrong_hash(somewhere: Place, tmp_path: Path) -> None:
    """A side file that is not what its name says is refused."""
    filled(somewhere, tmp_path, 1)
    name = next(name for name in somewhere.read() if "pred-" in name)
    somewhere.overwrite({name: b"forged"})

    with pytest.raises(StoreError, match="does not match its name"):
        somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")
    assert not (tmp_path / "loaded" / FILE_NAME).exists()


def test_save__mends_a_wrong_file(somewhere: Place, tmp_path: Path) -> None:
    """A forged side file that a new Evaluation shares is put right by saving."""
    filled(somewhere, tmp_path, 1)
    name = next(name for name in somewhere.read() if "testset-" in name)
    somewhere.overwrite({name: b"forged"})

    store = filled(somewhere, tmp_path, 2)

    assert (store.load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_load__missing_side_file(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation whose side file is gone is refused."""
    filled(somewhere, tmp_path, 1)
    somewhere.overwrite({next(name for name in somewhere.read() if "pred-" in name): None})

    with pytest.raises(StoreError, match="pred-"):
        somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")


def test_load__oversized(somewhere: Place, tmp_path: Path) -> None:
    """What is larger than the limit is not read."""
    filled(somewhere, tmp_path, 1)
    somewhere.overwrite({JSON_1: b" " * 5000})

    with pytest.raises(StoreError, match="at most 4,000"):
        somewhere.store(file=4000).load("default", sha_of(1), into=tmp_path / "loaded")


def test_save__beside_broken_ones(somewhere: Place, tmp_path: Path) -> None:
    """A broken Evaluation and a useless ledger keep nobody from saving; what another version needs stays."""
    filled(somewhere, tmp_path, 1, 2)
    files = somewhere.read()
    newer = files[JSON_1].replace(b'"schema": 1', b'"schema": 99')
    somewhere.overwrite({JSON_1: newer, "ledger.json": b"{broken", f"evaluations/default/{sha_of(3)}.json": b"{"})

    store = filled(somewhere, tmp_path, 4)

    assert set(shas(store.entries("default"))) == {sha_of(1), sha_of(2), sha_of(3), sha_of(4)}
    assert shas(store.entries("default"))[0] == sha_of(4)
    assert {name for name in files if name.startswith("files/")} <= somewhere.read().keys()
    assert (store.load("default", sha_of(2), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_save__forged_ledger(somewhere: Place, tmp_path: Path) -> None:
    """A ledger that speaks of files elsewhere leads nowhere."""
    store = filled(somewhere, tmp_path, 1)
    forged = (
        b'{"schema": 1, "groups": [{"key": "../../x", "created": "", "files": [{"name": "../../../x", "size": 1}]}]}'
    )
    somewhere.overwrite({"ledger.json": forged})

    assert shas(somewhere.store().entries("default")) == [sha_of(1)]
    filled(somewhere, tmp_path, 2)
    assert set(shas(store.entries("default"))) == {sha_of(1), sha_of(2)}
    assert b".." not in somewhere.read()["ledger.json"]


def test_entries__what_was_put_there_by_hand(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation that no ledger knows is listed and can be loaded; files with other names are not ours."""
    filled(somewhere, tmp_path, 1)
    contents = somewhere.read()
    somewhere.overwrite(
        {
            "ledger.json": None,
            "evaluations/default/readme.txt": b"hello",
            "evaluations/default/0123.json": b"{}",
            "elsewhere/x.json": b"{}",
        }
    )

    store = somewhere.store()
    assert shas(store.entries("default")) == [sha_of(1)]
    assert (store.load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()
    filled(somewhere, tmp_path, 2)
    assert {name for name in contents if name.startswith("files/")} <= somewhere.read().keys()


def test_save__large_rows_are_left_out(somewhere: Place, tmp_path: Path) -> None:
    """Rows beyond the limit for a file are not stored; their counts are, and the Evaluation says so."""
    store = somewhere.store(file=3000)
    store.save(evaluation(tmp_path / "made", 1, predictions=b"x" * 3001), keep=50)

    loaded = load_evaluation(store.load("default", sha_of(1), into=tmp_path / "loaded"))

    assert loaded.predictions["test"].predictions is None
    assert loaded.predictions["test"].testset is None
    assert "3,001 bytes" in loaded.predictions["test"].notes[-1]
    assert not [name for name in somewhere.read() if "pred-" in name or "testset-" in name]


def test_save__total_is_bounded(somewhere: Place, tmp_path: Path) -> None:
    """When all is too much, the largest report's oldest go, never the newest nor another report's last."""
    store = somewhere.store(total=30_000)
    store.save(evaluation(tmp_path / "quiet", 99, report_id="quiet", predictions=b"q" * 8000), keep=50)
    for number in (1, 2, 3, 4):
        store.save(evaluation(tmp_path / str(number), number, predictions=bytes([number]) * 6000), keep=50)

    assert shas(store.entries("quiet")) == [sha_of(99)]
    kept = shas(store.entries("default"))
    assert kept[0] == sha_of(4)
    assert 1 <= len(kept) < 4
    assert sum(len(content) for name, content in somewhere.read().items() if "/" in name) <= 30_000


def test_save__too_much_at_once(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation that does not fit at all is refused, with what to do; what was there stays."""
    filled(somewhere, tmp_path, 1)
    before = somewhere.read()

    with pytest.raises(StoreError, match="at most 5,000 are kept") as caught:
        somewhere.store(total=5000).save(evaluation(tmp_path / "x", 2, predictions=b"x" * 6000), keep=50)
    assert "predictions = false" in caught.value.hint
    assert somewhere.read() == before


def test_save__broken_input(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation that is not complete is refused before anything is written."""
    made = evaluation(tmp_path / "made", 1)
    next(made.glob("pred-*")).write_bytes(b"changed since")

    with pytest.raises(StoreError, match="does not match its name"):
        somewhere.store().save(made, keep=50)
    next(made.glob("plot-*")).unlink()
    next(made.glob("pred-*")).unlink()
    with pytest.raises(StoreError, match="cannot read a file"):
        somewhere.store().save(made, keep=50)
    with pytest.raises(InputError):
        somewhere.store().save(tmp_path / "nowhere", keep=50)
    assert somewhere.read() == {}


def test_save__without_commit(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation from outside git has no place in a store."""
    made = evaluation(tmp_path / "made", 1)
    save_evaluation(structs.replace(load_evaluation(made), commit=None), made)

    with pytest.raises(StoreError, match="without commit"):
        somewhere.store().save(made, keep=5)


def test_save__json_too_large(somewhere: Place, tmp_path: Path) -> None:
    """An Evaluation whose JSON alone is too large is refused, with a guess at why."""
    with pytest.raises(StoreError, match="bytes of JSON") as caught:
        somewhere.store(file=500).save(evaluation(tmp_path / "made", 1), keep=5)
    assert "number" in caught.value.hint


def test_save__large_plots_are_left_out(somewhere: Place, tmp_path: Path) -> None:
    """A plot beyond the limit for a file is not stored; the rest is."""
    made = evaluation(tmp_path / "made", 1)
    plot = side_file(made, "plot", b"p" * 5000, ending="png")
    whole = load_evaluation(made)
    save_evaluation(structs.replace(whole, plots=(*whole.plots, Plot(title="l", file=plot, path="l.png"))), made)

    store = somewhere.store(file=4000)
    store.save(made, keep=5)

    loaded = load_evaluation(store.load("default", sha_of(1), into=tmp_path / "loaded"))
    assert loaded == whole


def test_load__refers_to_too_much(somewhere: Place, tmp_path: Path) -> None:
    """A forged Evaluation that asks for more than a store may hold is refused before anything is read."""
    made = evaluation(tmp_path / "made", 1)
    somewhere.store().save(made, keep=5)
    whole = load_evaluation(made)
    huge = structs.replace(whole.plots[0], file=structs.replace(whole.plots[0].file, size=10**15))
    somewhere.overwrite({JSON_1: encode(structs.replace(whole, plots=(huge,)))})

    with pytest.raises(StoreError, match="more or larger files"):
        somewhere.store().load("default", sha_of(1), into=tmp_path / "loaded")


@pytest.mark.parametrize("writers", [2, 8])
def test_save__concurrent_writers_lose_nothing(somewhere: Place, tmp_path: Path, writers: int) -> None:
    """Processes that save at the same moment, the first of them into nothing, all find their Evaluation there."""
    each = 3 if writers == 2 else 1
    program = Path(__file__).with_name("writer.py")
    children = [
        subprocess.Popen([sys.executable, str(program), somewhere.kind, str(somewhere.path), str(100 * one), str(each)])
        for one in range(1, writers + 1)
    ]
    assert [child.wait(timeout=120) for child in children] == [0] * writers

    store = somewhere.store()
    expected = {sha_of(100 * one + number) for one in range(1, writers + 1) for number in range(each)}
    assert {entry.sha for entry in store.entries("default")} == expected
    for sha in expected:
        assert (store.load("default", sha, into=empty(tmp_path / "loaded")) / FILE_NAME).is_file()
    assert somewhere.read().keys() >= {"ledger.json"}


def test_save__writer_killed(somewhere: Place, tmp_path: Path) -> None:
    """A writer that is killed at any moment leaves a store that the next one can read and write."""
    filled(somewhere, tmp_path, 1)
    program = Path(__file__).with_name("writer.py")
    for delay in (0.05, 0.15, 0.25, 0.35):
        child = subprocess.Popen([sys.executable, str(program), somewhere.kind, str(somewhere.path), "500", "100000"])
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=delay + 0.3)
        child.kill()
        child.wait()

    store = filled(somewhere, tmp_path, 2, keep=1000)

    entries = shas(store.entries("default"))
    assert entries[0] == sha_of(2)
    assert sha_of(1) in entries
    for sha in entries:
        assert (store.load("default", sha, into=empty(tmp_path / "loaded")) / FILE_NAME).is_file()
    assert not [name for name in somewhere.read() if "partial" in name]


def test_problems__of_what_cannot_be_used(somewhere: Place, tmp_path: Path) -> None:
    """A broken, a misnamed and an incomplete Evaluation are told apart; sound ones and other reports are not named."""
    filled(somewhere, tmp_path, 1, 2, 3, 4).save(evaluation(tmp_path / "other", 5, report_id="other"), keep=50)
    shown = {number: f"evaluations/default/{sha_of(number)}.json" for number in (1, 2, 3, 4)}
    plot = load_evaluation(tmp_path / "made" / "3").plots[0].file.name
    stored = somewhere.read()
    somewhere.overwrite({shown[1]: b"{", shown[2]: stored[shown[4]], f"files/{plot}": None})
    problems = somewhere.store().problems("default")

    assert "not a valid Evaluation" in problems.pop(sha_of(1))
    assert "another report or commit" in problems.pop(sha_of(2))
    if somewhere.kind == "packages":  # versions are written whole, so what is there is what their index says
        assert problems == {}
        return
    assert problems.keys() == {sha_of(3)}
    assert problems[sha_of(3)] == f"1 side file missing, {plot} the first"


def test_problems__none(somewhere: Place, tmp_path: Path) -> None:
    """A place that was never written to, and a sound one, have none."""
    assert somewhere.store().problems("default") == {}
    assert filled(somewhere, tmp_path, 1, 2).problems("default") == {}
