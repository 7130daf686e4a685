"""From bytes to text: strict decoding, what is no text at all, and what was decoded wrongly before."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused

_BLOCK = 1 << 20
_MOST_WORDS = 5_000
# Lead bytes of the scripts that occur, and not É: NESTLÉ® is a sound name.
_MOJIBAKE = re.compile("[ÂÃÄÅÐÑâ][\u0080-\u00bf\u0152-\u0161\u0178-\u017e\u0192\u02c6\u02dc\u2013-\u2122]")
_REMEDY = "Have Stampli export it as UTF-8, or declare its encoding in the layout."


def size_checked(path: Path, name: str, max_bytes: int) -> int:
    """The file's size; refuses `EMPTY_FILE` and `TOO_LARGE`."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused(
            RefusalReason.EMPTY_FILE, f"{name} has no bytes.", "Upload it again; a header alone is a valid empty file."
        )
    if size > max_bytes:
        raise FileRefused(
            RefusalReason.TOO_LARGE,
            f"{name} has {size:,} bytes, more than the {max_bytes:,} that `stampli.max_file_mb` allows.",
            "Export a shorter span of time, or raise the limit.",
        )
    return size


def encoding_of(path: Path, name: str, encoding: str, fallback: str | None) -> str:
    """The codec that the whole file can be decoded with, byte order mark included: `utf-8-sig` for UTF-8.

    Reads the file once, in blocks. Refuses `NOT_TEXT` for bytes that neither encoding knows, and for NUL.
    """
    tried = [_codec(one) for one in (encoding, fallback) if one]
    faults = []
    for codec in tried:
        fault = _fault(path, codec)
        if fault is None:
            return codec
        faults.append(fault)
    raise FileRefused(RefusalReason.NOT_TEXT, f"{name} is no text: {'; '.join(faults)}.", _REMEDY)


def _codec(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _fault(path: Path, codec: str) -> str | None:
    """What is wrong with the file as text in `codec`, in words; `None` when it is sound."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    done = 0
    for block in _blocks(path):
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeError as error:
            place = done + error.start if isinstance(error, UnicodeDecodeError) else done
            return f"about byte {place + 1:,} cannot be read as {codec.removesuffix('-sig')}"
        if "\0" in text:
            return "it holds NUL characters"
        done += len(block)
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
    yield b""


def begins_with_markup(path: Path, codec: str) -> bool:
    """Whether the first character that is not blank is `<`: an XML file, whatever its name."""
    with path.open(encoding=codec, newline="") as file:
        while block := file.read(4096):
            if block.strip():
                return block.lstrip().startswith("<")
    return False


def looks_decoded_wrongly(text: str) -> bool:
    """Whether UTF-8 was read as cp1252 before it reached us: `MÃ¼ller`."""
    if text.isascii() or not _MOJIBAKE.search(text):
        return False
    try:
        return text.encode("cp1252", errors="_latin1").decode("utf-8") != text
    except UnicodeError:
        return False


def _as_latin1(error: UnicodeError) -> tuple[bytes, int]:
    """The five bytes that cp1252 does not define pass through many decoders as control characters."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].encode("latin-1"), error.end


codecs.register_error("_latin1", _as_latin1)


@lru_cache(_MOST_WORDS)
def label_key(label: str) -> str:
    """Labels are compared without case and outer blanks, composed or not."""
    return unicodedata.normalize("NFC", label).strip().casefold()


@lru_cache(_MOST_WORDS)
def word_key(word: str) -> str:
    """Words such as types and statuses are compared without case, blanks and punctuation."""
    return "".join(one for one in unicodedata.normalize("NFC", word).casefold() if one.isalnum())


def shortened(text: str, most: int = 60) -> str:
    """For messages: one line, at most `most` characters, nothing that a terminal would obey."""
    flat = "".join(one if one.isprintable() else "\ufffd" for one in " ".join(text.split()))
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
