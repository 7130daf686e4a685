"""Copies in landing: named by their hash, whole or not there, the same however often they come."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from stampli_b1_assets.errors import FileRefused


def copies(landing):
    return sorted(path for path in landing.root.rglob("*") if path.is_file())


def test_a_copy_is_named_by_the_hash_of_its_bytes(landing):
    landed = landing.store("export.csv", [b"one", b"", b"two"], max_bytes=10)
    sha256 = hashlib.sha256(b"onetwo").hexdigest()
    assert (landed.sha256, landed.size) == (sha256, 6)
    assert landed.path == landing.path_of(sha256) == landing.root / sha256[:2] / sha256[2:]
    assert copies(landing) == [landed.path]
    assert landed.path.read_bytes() == b"onetwo"


def test_nothing_is_a_copy_too(landing):
    assert landing.store("empty.csv", [], max_bytes=10).path.read_bytes() == b""


@pytest.mark.parametrize("name", ["../../outside", "/etc/passwd", "a\0b", "\udce9"])
def test_the_servers_name_never_becomes_a_name_here(landing, name):
    landed = landing.store(name, [b"x"], max_bytes=10)
    assert copies(landing) == [landed.path]
    assert landed.path.is_relative_to(landing.root)


def test_the_same_bytes_are_one_copy_under_whatever_name_and_cut(landing):
    first = landing.store("a.csv", [b"content"], max_bytes=10)
    second = landing.store("b.csv", [b"con", b"tent"], max_bytes=10)
    assert first == second
    assert copies(landing) == [first.path]


@pytest.mark.parametrize("size", [9, 10])
def test_up_to_the_cap_is_taken(landing, size):
    assert landing.store("a.csv", [b"x" * size], max_bytes=10).size == size


def test_more_than_the_cap_is_refused_while_reading(landing):
    def endless():
        while True:
            yield b"x" * 400_000

    with pytest.raises(FileRefused) as caught:
        landing.store("a.csv", endless(), max_bytes=2_000_000)
    assert caught.value.reason == "TOO_LARGE"
    assert str(caught.value) == (
        "a.csv has more than the 2 MB that are taken. Raise `stampli.max_file_mb`, or ask Stampli for smaller exports."
    )
    assert copies(landing) == []


def test_what_breaks_off_leaves_nothing_behind(landing):
    def breaks():
        yield b"half"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        landing.store("a.csv", breaks(), max_bytes=10)
    assert copies(landing) == []


def test_what_a_killed_process_left_is_in_nobody_s_way(landing):
    landing.root.mkdir()
    left = landing.root / f"{os.getpid()}-0123456789abcdef.part"
    left.write_bytes(b"half")
    landed = landing.store("a.csv", [b"whole"], max_bytes=10)
    assert landed.path.read_bytes() == b"whole"
    assert left.read_bytes() == b"half"


def test_while_it_is_written_it_is_not_there_under_its_own_name(landing):
    sha256 = hashlib.sha256(b"firstsecond").hexdigest()

    def chunks():
        yield b"first"
        assert not landing.path_of(sha256).exists()
        assert [path.suffix for path in copies(landing)] == [".part"]
        yield b"second"

    assert landing.store("a.csv", chunks(), max_bytes=100).path == landing.path_of(sha256)


def test_several_threads_may_store_the_same_and_other_bytes_at_once(landing):
    contents = [bytes([number % 5]) * 100_000 for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        landed = list(pool.map(lambda content: landing.store("a.csv", [content] * 3, max_bytes=10**6), contents))
    assert copies(landing) == sorted({one.path for one in landed})
    assert len(copies(landing)) == 5
    for one, content in zip(landed, contents, strict=True):
        assert one.path.read_bytes() == content * 3
