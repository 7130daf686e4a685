"""A partition is a file: the key that names it in Dagster, in the ledger and in folders."""

import hashlib
import re

from stampli_b1_assets.stampli.listing import RemoteFile

_MOST_CHARACTERS = 24  # longer keys overlap in Dagster's UI (measured)
_FINGERPRINT_CHARACTERS = 6


def partition_key(folder: str, file: RemoteFile) -> str:
    """A short slug of the file's name and six hex digits of its path, size and mtime.

    Only `[A-Za-z0-9._-]` and never `..`: Dagster validates nothing, and an IO manager would follow a key such as
    `../../x` out of its folder.
    """
    identity = f"{folder}/{file.name}|{file.size}|{file.mtime}".encode("utf-8", "surrogateescape")
    fingerprint = hashlib.sha256(identity).hexdigest()[:_FINGERPRINT_CHARACTERS]
    stem = file.name.rsplit(".", 1)[0]
    slug = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", stem)).strip("._-")
    return f"{_shortened(slug) or 'file'}-{fingerprint}"


def _shortened(slug: str) -> str:
    """Its end, which tells exports apart by date, after as much of its beginning as there is room for.

    `invoices_20260504_021500` is `i_20260504_021500`.
    """
    room = _MOST_CHARACTERS - _FINGERPRINT_CHARACTERS - 1
    if len(slug) <= room:
        return slug
    whole_words = re.search(r"(?<=[._-])[A-Za-z0-9].*", slug[-room:])
    if whole_words is None or len(whole_words[0]) < room // 2:
        return slug[-room:].strip("._-")
    start = slug[: max(0, room - len(whole_words[0]) - 1)].rstrip("._-")
    return f"{start}_{whole_words[0]}" if start else whole_words[0]
