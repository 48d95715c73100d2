"""Data sets come from DATA_DIR, from the cache or from their address, whole or not at all."""

import gzip
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands.training import fetch, found
from tests.running import free_port
from tests.training.fetching import CONTENT, HALF, fetched, refused, sha256
from tests.training.publisher import Publisher


def script(site: Publisher, kept: Path) -> list[str]:
    """A train.py of one line, in a process of its own."""
    call = f"fetch('set/data.bin', url={site.url!r}, checksum={sha256(CONTENT)!r}, kept=Path({str(kept)!r}))"
    return [sys.executable, "-c", f"from pathlib import Path; from commands.training import fetch; print({call})"]


def test_data_dir_comes_first_plain_or_packed(site: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine" / "set"
    mine.mkdir(parents=True)
    monkeypatch.setenv("DATA_DIR", str(mine.parent))
    (mine / "data.bin.gz").write_bytes(gzip.compress(b"my own"))
    assert fetched(site, tmp_path / "kept") == mine / "data.bin.gz"
    (mine / "data.bin").write_bytes(b"my own")
    assert fetched(site, tmp_path / "kept") == mine / "data.bin"
    assert not site.requests


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.bin", b""),
        ("data.bin.gz", gzip.compress(b"")),
        ("data.csv", b"v1,v2\n\n"),
        ("data.csv.gz", gzip.compress(b"v1,v2")),
    ],
    ids=["plain", "packed", "header", "packed header"],  # gzip writes the time, and the processes must agree on names
)
def test_a_file_without_rows_in_data_dir_is_told_as_such(
    site: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        SystemExit, match=f"error: {tmp_path / name} is empty: put the data set there, or take the file"
    ):
        fetch(name.removesuffix(".gz"), url=site.url, checksum=sha256(CONTENT), kept=tmp_path / "kept")
    (tmp_path / name).write_bytes(gzip.compress(b"v1,v2\n1,2") if name.endswith(".gz") else b"v1,v2\n1,2")
    assert found(name.removesuffix(".gz")) == tmp_path / name
    assert not site.requests


def test_a_packed_file_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    (tmp_path / "data.csv.gz").write_bytes(b"v1,v2\n1,2")
    with pytest.raises(SystemExit, match="can't be read"):
        found("data.csv")
    (tmp_path / "set.tar.gz").write_bytes(b"an archive is opened by train.py")
    assert found("set.tar.gz") == tmp_path / "set.tar.gz"


def test_what_was_downloaded_is_kept_even_where_data_dir_lacks_it(
    site: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "empty"))
    for _ in range(2):
        path = fetched(site, tmp_path / "kept")
        assert path.read_bytes() == CONTENT
    assert path == tmp_path / "kept" / "set" / "data.bin"
    assert len(site.requests) == 1
    assert {each.name for each in path.parent.iterdir()} == {"data.bin", "data.bin.lock"}


@pytest.mark.parametrize("kind", ["sha256", "md5", "git"])
def test_each_kind_of_checksum_is_understood(site: Publisher, tmp_path: Path, kind: str) -> None:
    site.content = b"hello\n"
    known = {
        "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        "md5": "b1946ac92492d2347c6235b4d2611184",
        "git": "ce013625030ba8dba906f756967f9e9ca394464a",  # what `git hash-object` prints
    }
    assert fetched(site, tmp_path, checksum=f"{kind}:{known[kind]}").read_bytes() == b"hello\n"
    assert "is another file" in refused(site, tmp_path, checksum=f"{kind}:{known[kind][::-1]}")


def test_a_file_that_has_moved_is_followed(site: Publisher, tmp_path: Path) -> None:
    assert fetched(site, tmp_path, url=site.url.replace("/data", "/moved")).read_bytes() == CONTENT


def test_a_broken_connection_is_gone_on_with(site: Publisher, tmp_path: Path) -> None:
    site.cuts = [HALF, 1000]
    assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert [each.get("Range") for each in site.requests] == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert [each.get("If-Range") for each in site.requests] == [None, '"1"', '"1"']


def test_a_download_that_was_killed_is_gone_on_with_by_the_next_process(site: Publisher, tmp_path: Path) -> None:
    site.block, site.pause = 10_000, 0.05
    part = tmp_path / "set" / "data.bin.part"
    with subprocess.Popen(script(site, tmp_path), stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 20
        while not part.is_file() or part.stat().st_size < 50_000:
            assert time.monotonic() < until, "it downloads"
            time.sleep(0.01)
        process.kill()
    there = part.stat().st_size
    assert not (tmp_path / "set" / "data.bin").exists()
    site.pause = 0
    assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert site.requests[-1]["Range"] == f"bytes={there}-"


def test_where_a_server_can_not_resume_it_begins_anew(site: Publisher, tmp_path: Path) -> None:
    site.resumes = False
    site.cuts = [HALF]
    assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_server_that_refuses_to_resume_and_breaks_off_again_is_given_up(site: Publisher, tmp_path: Path) -> None:
    site.refuses_ranges = True
    site.cuts = [HALF] * 50
    assert "/data breaks off, and can't be gone on with: download it elsewhere" in refused(site, tmp_path)
    assert [each.get("Range") for each in site.requests] == [None, f"bytes={HALF}-"] * 2


def test_a_server_that_breaks_off_now_here_now_there_is_given_up(site: Publisher, tmp_path: Path) -> None:
    site.resumes = False
    site.cuts = [HALF, 1000] * 25
    assert "/data can't be reached" in refused(site, tmp_path)
    assert len(site.requests) == 4


def begun(kept: Path, content: bytes, version: str | None = None) -> None:
    """What an earlier download left."""
    folder = kept / "set"
    folder.mkdir(parents=True)
    (folder / "data.bin.part").write_bytes(content)
    if version:
        (folder / "data.bin.part.version").write_text(version)


def test_a_file_that_has_changed_at_its_address_begins_anew(site: Publisher, tmp_path: Path) -> None:
    begun(tmp_path, b"of yesterday", '"0"')
    assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert [each.get("If-Range") for each in site.requests] == ['"0"']


def test_a_part_that_is_longer_than_the_file_begins_anew(site: Publisher, tmp_path: Path) -> None:
    begun(tmp_path, CONTENT + b"more", '"1"')
    assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert [each.get("Range") for each in site.requests] == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_part_of_something_else_is_seen_by_its_checksum_and_begins_anew(site: Publisher, tmp_path: Path) -> None:
    site.version = None
    begun(tmp_path, b"of another address")
    assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert len(site.requests) == 2


def test_other_bytes_are_thrown_away_and_both_checksums_told(site: Publisher, tmp_path: Path) -> None:
    site.content = b"<html>log in</html>"
    text = refused(site, tmp_path)
    assert f"is another file ({sha256(site.content)} instead of {sha256(CONTENT)})" in text
    assert [each.name for each in (tmp_path / "set").iterdir()] == ["data.bin.lock"]
    site.content = CONTENT
    assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_kept_file_of_another_checksum_is_downloaded_again(site: Publisher, tmp_path: Path) -> None:
    fetched(site, tmp_path)
    site.content = b"second edition"
    assert fetched(site, tmp_path, checksum=sha256(b"second edition")).read_bytes() == b"second edition"


def test_ctrl_c_ends_a_download_with_one_sentence(site: Publisher, tmp_path: Path) -> None:
    site.block, site.pause = 10_000, 0.05
    part = tmp_path / "set" / "data.bin.part"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(script(site, tmp_path), stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, before)
        until = time.monotonic() + 20
        while not part.is_file() or not part.stat().st_size:
            assert time.monotonic() < until, "it downloads"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.splitlines()[1:] == [
        "Training was ended. What has been downloaded is kept: the next run goes on from there."
    ]


def test_two_processes_that_want_the_same_download_it_once(site: Publisher, tmp_path: Path) -> None:
    site.block, site.pause = 10_000, 0.05
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(script(site, tmp_path), **pipes) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [printed.strip() for printed, _ in said] == [str(tmp_path / "set" / "data.bin")] * 2
    assert (tmp_path / "set" / "data.bin").read_bytes() == CONTENT
    assert len(site.requests) == 1
    assert sum("Another process downloads data.bin" in text for _, text in said) == 1


@pytest.mark.parametrize("given", [None, "/my/data"])
def test_without_a_network_one_sentence_says_what_to_fetch_and_where_to_put_it(
    site: Publisher, tmp_path: Path, given: str | None
) -> None:
    site.url = f"http://127.0.0.1:{free_port()}/spam.csv"
    environment = {**os.environ, "DATA_DIR": given} if given else dict(os.environ)
    ended = subprocess.run(script(site, tmp_path), capture_output=True, text=True, env=environment, check=False)
    place = "/my/data/set/data.bin" if given else "DIR/set/data.bin, with DATA_DIR=DIR"
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[1] == (
        f"error: set/data.bin is not in DATA_DIR ({given or 'not set'}) and {site.url} can't be reached "
        f"(Connection refused): download it elsewhere and put it at {place}."
    )
    assert len(ended.stderr.splitlines()) == 2, "no traceback"


def test_an_address_that_has_gone_is_told(site: Publisher, tmp_path: Path) -> None:
    gone = site.url.replace("/data", "/gone")
    assert f"{gone} answers 404 Not Found: download it" in refused(site, tmp_path, url=gone)


def test_on_a_terminal_bytes_speed_and_time_left_are_shown(site: Publisher, tmp_path: Path) -> None:
    site.block, site.pause = 20_000, 0.05
    ours, its = pty.openpty()
    with subprocess.Popen(script(site, tmp_path), stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        while process.poll() is None or not shown:
            try:
                shown += os.read(ours, 10_000)
            except OSError:  # it has ended
                break
    os.close(ours)
    assert b"/300.0 kB" in shown
    assert b"kB/s" in shown
