"""What is wrong with a setting, in words; several become one error that lists them by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from stampli_b1_assets.config.strict_yaml import Document, Place
from stampli_b1_assets.errors import ConfigurationError

_REMEDY = "Mend it there; docs/configuration.md has every key."


@dataclass(frozen=True)
class Fault:
    """One fault: where it stands, and the sentence, which never holds the setting's value."""

    place: Place
    sentence: str

    @classmethod
    def of(cls, place: Place, what: str) -> Self:
        """A fault whose sentence begins with the setting's name."""
        return cls(place, f"`{shown(place)}` {what}" if place else what)


def shown(place: Place) -> str:
    """`stampli.host_keys[0]`."""
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def error_of(file: str, document: Document, faults: Sequence[Fault]) -> ConfigurationError:
    """The error that names them all, in the order of their lines."""
    told = sorted({(document.line_of(one.place), one.sentence) for one in faults})
    if len(told) == 1:
        line, sentence = told[0]
        return ConfigurationError(f"{file}, line {line}: {_ended(sentence)}", _REMEDY)
    lines = "".join(f"\n  line {line}: {_ended(sentence)}" for line, sentence in told)
    return ConfigurationError(f"{file} has {len(told)} faults; docs/configuration.md has every key:{lines}")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."
