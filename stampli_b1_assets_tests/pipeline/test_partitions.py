"""Keys of partitions: short, harmless as names of files, told apart by path, size and time, and still readable."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampli_b1_assets.pipeline.partitions import partition_key
from stampli_b1_assets.stampli.listing import RemoteFile


def key_of(name: str, size: int = 10, mtime: int = 1_700_000_000, folder: str = "/outbound") -> str:
    return partition_key(folder, RemoteFile(name, size, mtime))


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("april.csv", "april-"),
        ("invoices_20260504_021500.csv", "i_20260504_021500-"),
        ("vendors_20260504_021500.csv", "v_20260504_021500-"),
        ("Linden-invoices-20260504.xml", "Linden-i_20260504-"),
        ("averyveryverylongnamewithoutanybreak.csv", "mewithoutanybreak-"),
        ("../../x.csv", "x-"),
        ("Rechnung März (2).csv", "Rechnung-M-rz-2-"),
        ("%%%.csv", "file-"),
        (".csv", "file-"),
    ],
)
def test_say_which_file_they_are_of(name: str, starts: str) -> None:
    assert key_of(name).startswith(starts)


@given(st.text(min_size=1))
def test_are_short_and_harmless(name: str) -> None:
    key = key_of(name)
    assert len(key) <= 24
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key)
    assert ".." not in key


@pytest.mark.parametrize("other", [{"size": 11}, {"mtime": 1_700_000_001}, {"folder": "/archive"}])
def test_tell_versions_of_a_file_apart(other: dict[str, object]) -> None:
    assert key_of("a.csv") != key_of("a.csv", **other)
