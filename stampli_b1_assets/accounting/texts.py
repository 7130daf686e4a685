"""Texts as SAP can hold them: NFC, no control characters, cut on graphemes, measured in UTF-16 units as SAP does."""

import unicodedata

import regex

MEMO_UNITS = 50
REFERENCE_UNITS = 100

# Control characters, line and paragraph separators, halves of surrogate pairs; joiners and other formats stay.
_CONTROL = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+")
_GRAPHEME = regex.compile(r"\X")


def clean(text: str) -> str:
    """NFC; a run of control characters, line breaks too, becomes one blank; trimmed. Nothing else is changed."""
    return _CONTROL.sub(" ", unicodedata.normalize("NFC", text)).strip()


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """The longest beginning of whole graphemes that has at most `most` UTF-16 units, without blanks at its end."""
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
