"""The store on object storage: several writers, readers that are still at it, what is kept and what goes, and what cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contracts.data_contract import WriteReport
from data.object_head import Head, pack_head, unpack_head
from engine.commands.app import run
from shared.errors import ConfigFault, DamagedPage, StorageFault
from shared.models.timeframe import Timeframe
from tests.conformance.stores.test_stores import ALL, START, candles
from tests.servers.objects import BUCKET, pointed_at, running_s3

pytest.importorskip("pyarrow")
fsspec = pytest.importorskip("fsspec")
from data import object_store  # noqa: E402
from data.object_files import ObjectFiles, check_store_url  # noqa: E402
from data.object_store import KEPT, ObjectCandleStore  # noqa: E402

M5 = Timeframe.M5


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with running_s3() as address, pointed_at(address):
        yield f"s3://{BUCKET}"


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return (tmp_path / "objects").as_uri()
    return f"{request.getfixturevalue('s3')}/{tmp_path.name}"


def names(url: str, part: str) -> list[str]:
    files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    return sorted(path for path in files.find(root) if f"/{part}/" in path)


def test_writers_at_the_same_time_lose_nothing_of_each_other(url: str) -> None:
    writers, rounds = 3, 3
    faults: list[Exception] = []

    def work(number: int) -> None:
        store = ObjectCandleStore(url)
        try:
            for turn in range(rounds):
                store.write("x", "A/B", candles((turn * writers + number) * 10, 10))
                store.write("x", f"{number}/B", candles(turn * 10, 10))
        except StorageFault as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    store = ObjectCandleStore(url)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, writers * rounds * 10)
    assert {info.symbol: info.count for info in store.series("x")} == {
        "A/B": 90, **{f"{number}/B": 30 for number in range(writers)},
    }  # fmt: skip


def test_a_writer_that_comes_second_merges_again_on_top_of_the_first(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = ObjectCandleStore(url), ObjectCandleStore(url, fresh_s=0)
    slow.write("x", "A/B", candles(0, 10))
    claim, beaten = ObjectFiles.claim, []

    def late(files: ObjectFiles, key: str, body: bytes) -> bool:
        if not beaten:
            beaten.append(key)
            quick.write("x", "A/B", candles(10, 10))
        return claim(files, key, body)

    monkeypatch.setattr(ObjectFiles, "claim", late)
    assert slow.write("x", "A/B", candles(20, 10)) == WriteReport(10, 0)
    assert beaten == ["x/heads/000000000002.json"]
    assert slow.read("x", "A/B", M5, *ALL) == candles(0, 30)
    assert quick.read("x", "A/B", M5, *ALL) == candles(0, 30)


def test_a_writer_that_slept_for_generations_cannot_claim_a_number_that_is_free_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, busy = ObjectCandleStore(url), ObjectCandleStore(url, fresh_s=0)
    for turn in range(3):
        busy.write("x", "A/B", candles(turn, 1))
    claim, woken = ObjectFiles.claim, []

    def late(files: ObjectFiles, key: str, body: bytes) -> bool:
        if not woken:
            woken.append(key)
            for turn in range(3, KEPT + 8):
                busy.write("x", "A/B", candles(turn, 1))
        return claim(files, key, body)

    monkeypatch.setattr(ObjectFiles, "claim", late)
    assert slept.write("x", "A/B", candles(100, 1)) == WriteReport(1, 0)
    assert woken == ["x/heads/000000000004.json"]
    assert len(busy.read("x", "A/B", M5, *ALL)) == KEPT + 9


def test_writers_that_never_come_first_end_typed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObjectFiles, "claim", lambda *_: False)
    monkeypatch.setattr(object_store, "PAUSE_S", 0.0)
    with pytest.raises(StorageFault, match="other writers came first 8 times"):
        ObjectCandleStore(url).write("x", "A/B", candles(0, 10))
    assert names(url, "candles") == []


def test_a_reader_that_is_still_at_it_finds_what_it_began_with(url: str) -> None:
    reader, writer = ObjectCandleStore(url, fresh_s=3600), ObjectCandleStore(url)
    writer.write("x", "A/B", candles(0, 10))
    assert len(reader.read("x", "A/B", M5, *ALL)) == 10
    for turn in range(1, KEPT - 1):
        writer.write("x", "A/B", candles(turn * 10, 10))
    assert reader.read("x", "A/B", M5, *ALL) == candles(0, 10)
    for turn in range(KEPT - 1, KEPT + 3):
        writer.write("x", "A/B", candles(turn * 10, 10))
    assert reader.read("x", "A/B", M5, *ALL) == candles(0, (KEPT + 3) * 10), "by then it looks again"


def test_what_was_replaced_goes_after_some_generations(url: str) -> None:
    store = ObjectCandleStore(url)
    for turn in range(KEPT * 3):
        store.write("x", "A/B", candles(turn, 1))
    assert len(names(url, "candles")) <= KEPT + 1
    assert len(names(url, "series")) <= KEPT + 1
    assert len(names(url, "heads")) <= KEPT + 2
    assert store.read("x", "A/B", M5, *ALL) == candles(0, KEPT * 3)


def test_a_write_touches_only_the_months_it_reaches(url: str) -> None:
    store = ObjectCandleStore(url)
    store.write("x", "A/B", candles(0, 100 * 288))
    before = set(names(url, "candles"))
    assert [name.rpartition("/")[2][:7] for name in sorted(before)] == [
        "2024-01",
        "2024-02",
        "2024-03",
        "2024-04",
    ]
    store.write("x", "A/B", candles(100 * 288, 1))
    assert len(set(names(url, "candles")) - before) == 1


def test_an_object_that_is_gone_is_a_damaged_page_and_writing_mends_it(url: str) -> None:
    store = ObjectCandleStore(url)
    store.write("x", "A/B", candles(0, 100))
    files, _ = fsspec.core.url_to_fs(url)
    files.rm_file(names(url, "candles")[0])
    with pytest.raises(DamagedPage):
        store.read("x", "A/B", M5, *ALL)
    assert store.write("x", "A/B", candles(0, 100)) == WriteReport(100, 0, 1)
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 100)


def spoil(url: str, part: str) -> None:
    files, _ = fsspec.core.url_to_fs(url, skip_instance_cache=True)
    path = names(url, part)[-1]
    body = bytearray(files.cat_file(path))
    body[len(body) // 2] ^= 4
    files.pipe_file(path, bytes(body))


def test_a_damaged_list_of_parts_is_never_believed(url: str) -> None:
    store = ObjectCandleStore(url)
    store.write("x", "A/B", candles(0, 100))
    spoil(url, "series")
    with pytest.raises(DamagedPage, match="A/B 5m that starts 2024"):
        store.read("x", "A/B", M5, *ALL)
    with pytest.raises(DamagedPage):
        store.write("x", "A/B", candles(500, 1))
    assert store.write("x", "A/B", candles(0, 100)) == WriteReport(100, 0, 1)


def test_a_damaged_head_is_never_believed(url: str) -> None:
    ObjectCandleStore(url).write("x", "A/B", candles(0, 100))
    spoil(url, "heads")
    with pytest.raises(StorageFault, match=r"heads/000000000001\.json is damaged"):
        ObjectCandleStore(url).series()


def test_every_flipped_bit_and_every_cut_of_a_head_is_noticed() -> None:
    whole = pack_head(Head(3))
    assert unpack_head(whole, "head") == Head(3)
    for place in range(len(whole)):
        for bent in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            with pytest.raises(StorageFault, match="head is damaged"):
                unpack_head(bent, "head")


def test_a_head_of_a_newer_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.object_head.VERSION", 2)
    newer = pack_head(Head())
    monkeypatch.undo()
    with pytest.raises(StorageFault, match="newer version"):
        unpack_head(newer, "head")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("gs://bucket/x", "must be s3://bucket/folder or file:///folder"),
        ("/plain/path", "must be s3://"),
        ("s3://", "must be s3://"),
        ("s3://key:secret@bucket/x", "must not hold a user name or password"),
    ],
)
def test_an_address_we_cannot_use_is_refused_without_showing_secrets(url: str, said: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        check_store_url(url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_a_typed_fault(s3: str) -> None:
    store = ObjectCandleStore("s3://nowhere-at-all/x")
    with pytest.raises(StorageFault, match="could not be written"):
        store.write("x", "A/B", candles(0, 10))


def test_a_folder_that_cannot_be_made_is_a_typed_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFault, match="could not be written"):
        ObjectCandleStore((tmp_path / "file" / "store").as_uri()).write("x", "A/B", candles(0, 10))


def test_the_command_line_keeps_candles_where_the_settings_say(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    from data.formats.names import SeriesName
    from data.formats.table import FORMATS

    monkeypatch.chdir(tmp_path)
    (tmp_path / "snipersight.toml").write_text(f'[store]\nurl = "{url}"\n')
    (file,) = FORMATS["csv"].write(tmp_path, SeriesName("binance", "BTC", "USDT", "5m"), candles(0, 4000))
    assert run(["data", "import", str(file)]) == 0
    assert run(["data", "export", "out", "--format", "csv", "-t", "5m"]) == 0
    assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()
    assert run(["config", "show"]) == 0
    assert url in capsys.readouterr().out
    assert run(["data", "status", "--plain"]) == 0
    assert "binance\tBTC/USDT\t5m\t2024-01-01T00:00:00Z" in capsys.readouterr().out
    assert not list(Path(os.environ["SNIPERSIGHT_HOME"]).rglob("*.sqlite3"))


def test_a_wrong_address_in_the_settings_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_STORE__URL", "ftp://somewhere")
    assert run(["data", "status"]) == 2
    assert "store.url must be s3://bucket/folder" in capsys.readouterr().err
    monkeypatch.setenv("SNIPERSIGHT_STORE__URI", "x")
    assert run(["data", "status"]) == 2
    assert "SNIPERSIGHT_STORE__URL" in capsys.readouterr().err


WRITER = """
import sys, itertools
from data.object_store import ObjectCandleStore
from tests.conformance.stores.test_stores import candles
store = ObjectCandleStore(sys.argv[1])
for number in itertools.count(int(sys.argv[2])):
    store.write("x", "A/B", candles(number * 130, 130))
    print(number, flush=True)
"""


def test_a_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    url, kept = (tmp_path / "objects").as_uri(), 0
    draw = np.random.default_rng(5)
    for _ in range(4):
        call = [sys.executable, "-c", textwrap.dedent(WRITER), url, str(kept)]
        with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(float(draw.uniform(0, 0.05)))
            child.kill()
            acknowledged = [int(line) for line in child.stdout.read().split()]
        kept = max([kept, *(number + 1 for number in acknowledged)])
        held = ObjectCandleStore(url).read("x", "A/B", M5, *ALL)
        assert len(held) >= kept * 130
        assert held == candles(0, len(held))
        kept = len(held) // 130
    assert int(held.open_ms[0]) == START
