"""Strict, streaming XML: expat's events without anything that parsers of this world disagree on.

No document type, entity or processing instruction is let through, nothing is fetched, and depth, attributes and
values are capped. Source of the cap on tokens: expat before 2.6.0 takes quadratic time for tokens that come in pieces.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.chunks import MOST_CHARACTERS

_BLOCK = 1 << 16
_MOST_DEPTH = 32
_MOST_ATTRIBUTES = 100
_LONGEST_TOKEN = 1_000_000
_NAMESPACE_OF_INSTANCES = "http://www.w3.org/2001/XMLSchema-instance "

_FORBIDDEN = "Have Stampli export plain XML: elements, attributes and text only."


class XmlEvents:
    """What a reader of a shape is told: subclass and feed it with `parse`."""

    name: str
    locate: Callable[[], int] = staticmethod(lambda: 1)
    """Set by `parse`: asks the parser for its place, which costs too much to do at every event."""

    @property
    def line(self) -> int:
        """Line of the file at which the event begins."""
        return self.locate()

    def begin(self, element: str, attributes: Mapping[str, str]) -> None:
        """An element begins; names are without namespace."""
        raise NotImplementedError

    def text(self, text: str) -> None:
        """A piece of text."""
        raise NotImplementedError

    def comment(self) -> None:
        """A comment stands here."""
        raise NotImplementedError

    def end(self) -> None:
        """The innermost open element ends."""
        raise NotImplementedError

    def forbidden(self, what: str) -> FileRefused:
        """The refusal for something that must not be in the file."""
        return FileRefused(RefusalReason.FORBIDDEN_XML, f"{self.name}, line {self.line}: {what}.", _FORBIDDEN)

    def too_large(self, what: str) -> FileRefused:
        """The refusal for something beyond the limits."""
        return FileRefused(
            RefusalReason.TOO_LARGE, f"{self.name}, line {self.line}: {what}.", "Have it exported in smaller pieces."
        )


def parse(path: Path, codec: str, events: XmlEvents) -> Iterator[None]:
    """Tell `events` what is in the file, block by block; yields after each block.

    Refuses `NOT_TEXT` (another encoding is declared), `BROKEN_XML`, `FORBIDDEN_XML`, `TOO_LARGE`.
    """
    parser = _parser(codec, events)
    fed = 0
    with path.open(encoding=codec, newline="") as file:
        while block := file.read(_BLOCK):
            data = block.encode("utf-8")
            _feed(parser, data, events, is_final=False)
            fed += len(data)
            if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise events.too_large(f"a tag or text of more than {_LONGEST_TOKEN:,} bytes")
            yield
    _feed(parser, b"", events, is_final=True)
    yield


def _feed(parser: expat.XMLParserType, data: bytes, events: XmlEvents, *, is_final: bool) -> None:
    try:
        parser.Parse(data, is_final)
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        if words in (expat.errors.XML_ERROR_UNDEFINED_ENTITY, expat.errors.XML_ERROR_ENTITY_DECLARED_IN_PE):
            raise events.forbidden("an entity is used, and entities are not read") from None
        raise FileRefused(
            RefusalReason.BROKEN_XML,
            f"{events.name}, line {error.lineno}: the XML is not sound ({words}).",
            "Have the file uploaded again, whole.",
        ) from None


def _parser(codec: str, events: XmlEvents) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    events.locate = lambda: parser.CurrentLineNumber

    def forbid(what: str) -> Callable[..., None]:
        def handle(*_: Any) -> None:
            raise events.forbidden(what)

        return handle

    elements = _Elements(events)
    parser.StartElementHandler = elements.begin
    parser.EndElementHandler = elements.end
    parser.CharacterDataHandler = events.text
    parser.CommentHandler = lambda _: events.comment()
    parser.XmlDeclHandler = lambda _, encoding, __: _refuse_other_encoding(encoding, codec, events)
    parser.StartDoctypeDeclHandler = forbid("a document type declaration is not read")
    parser.EntityDeclHandler = forbid("an entity is declared, and entities are not read")
    parser.SkippedEntityHandler = forbid("an entity is used, and entities are not read")
    parser.ProcessingInstructionHandler = forbid("a processing instruction is not read")
    return parser


class _Elements:
    """Limits on elements; what is within them goes on to the events."""

    def __init__(self, events: XmlEvents) -> None:
        self._events = events
        self._depth = 0

    def begin(self, element: str, attributes: dict[str, str]) -> None:
        events = self._events
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise events.too_large(f"elements are nested deeper than {_MOST_DEPTH}")
        if attributes:
            if len(attributes) > _MOST_ATTRIBUTES:
                raise events.too_large(f"an element has more than {_MOST_ATTRIBUTES} attributes")
            if max(map(len, attributes.values())) > MOST_CHARACTERS:
                raise events.too_large(f"an attribute has more than {MOST_CHARACTERS:,} characters")
            attributes = _local_attributes(attributes, events)
        events.begin(_local(element), attributes)

    def end(self, _: str) -> None:
        self._depth -= 1
        self._events.end()


def _refuse_other_encoding(encoding: str | None, codec: str, events: XmlEvents) -> None:
    expected = codec.removesuffix("-sig")
    if encoding is not None and _codec_name(encoding) != expected:
        raise FileRefused(
            RefusalReason.NOT_TEXT,
            f"{events.name} says that it is written in {encoding}; the layout reads {expected}.",
            "Have Stampli export it as UTF-8, or declare its encoding in the layout.",
        )


def _codec_name(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return encoding


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _local_attributes(attributes: Mapping[str, str], events: XmlEvents) -> dict[str, str]:
    """Attributes by local name, without those that only point at a schema."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        if name.startswith(_NAMESPACE_OF_INSTANCES):
            continue
        if _local(name) in found:
            raise events.forbidden(f"the attribute {_local(name)} stands there twice, in two namespaces")
        found[_local(name)] = value
    return found


class _Root(XmlEvents):
    """Waits for the first element."""

    root = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, element: str, attributes: Mapping[str, str]) -> None:
        del attributes
        self.root = self.root or element

    def text(self, text: str) -> None:
        """Not of interest."""

    def comment(self) -> None:
        """Not of interest."""

    def end(self) -> None:
        """Not of interest."""


def root_of(path: Path, name: str, codec: str) -> str:
    """Local name of the root element; refuses as `parse` does, up to there."""
    events = _Root(name)
    for _ in parse(path, codec, events):
        if events.root:
            break
    return events.root
