"""Texts as SAP can hold them: NFC, no control characters, cut on graphemes, measured in UTF-16 units as SAP does."""

import unicodedata

import regex

MEMO_UNITS = 50
REFERENCE_UNITS = 100

_CONTROL = regex.compile(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}--\u200d]+", regex.V1)
_BLANKS = regex.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")


def clean(text: str) -> str:
    """NFC; control and format characters and runs of blanks (line breaks too) become one blank; trimmed.

    The joiner inside emoji stays: without it one sign falls into several.
    """
    return _BLANKS.sub(" ", _CONTROL.sub(" ", unicodedata.normalize("NFC", text))).strip()


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """The longest beginning of whole graphemes that has at most `most` UTF-16 units."""
    if units(text) <= most:
        return text
    length, end = 0, 0
    for match in _GRAPHEME.finditer(text):
        length += units(match.group())
        if length > most:
            break
        end = match.end()
    return text[:end].rstrip()


def memo(vendor: str, number: str) -> str:
    """`{vendor} {number}` in 50 units; the vendor's name gives way, the number stays whole (unless over 50 itself)."""
    number = cut(clean(number), MEMO_UNITS)
    room = MEMO_UNITS - units(number) - 1
    name = cut(clean(vendor), room) if room > 0 else ""
    return f"{name} {number}".strip()


def line_memo(text: str) -> str:
    """A line's memo in 50 units."""
    return cut(clean(text), MEMO_UNITS)


def reference(text: str) -> str:
    """A reference in 100 units."""
    return cut(clean(text), REFERENCE_UNITS)
