"""Control totals: what a trailer, a total row or the root element says of the file, against what is in it."""

from dataclasses import dataclass, field
from decimal import Decimal

from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.forms import Numbers
from stampli_b1_assets.stampli.text import shortened
from stampli_b1_assets.stampli.values import number_reader

_REMEDY = "The file is not whole, or was changed; have Stampli export it again."


@dataclass
class Tally:
    """Counts documents and lines and adds totals as they stand in the file, whatever the currency."""

    numbers: Numbers
    documents: int = 0
    lines: int = 0
    total: Decimal = ZERO
    unreadable: int = 0
    expected: dict[str, str] = field(default_factory=dict)
    """What the file says of itself: `documents`, `lines`, `total`, as text."""

    def __post_init__(self) -> None:
        self._read = number_reader(self.numbers)

    def add(self, amount: str) -> None:
        """Add one document's (or line's) amount; one that cannot be read leaves the total unproved."""
        value = self._read(amount)
        if isinstance(value, Decimal):
            self.total += value
        else:
            self.unreadable += 1

    def check(self, name: str) -> list[str]:
        """Refuses `CONTROL_TOTAL`; gives a warning when an amount could not be read, so that nothing is proved."""
        warnings = []
        for what, text in self.expected.items():
            if what == "total" and self.unreadable:
                unread = _amounts(self.unreadable)
                warnings.append(f"The total {text} of {name} is not proved: {unread} cannot be read.")
                continue
            actual = {"documents": Decimal(self.documents), "lines": Decimal(self.lines), "total": self.total}[what]
            if self._read(text) != actual:
                raise FileRefused(
                    RefusalReason.CONTROL_TOTAL,
                    f'{name} says that its {_WORDS[what]} "{shortened(text)}", but it is {actual}.',
                    _REMEDY,
                )
        return warnings


_WORDS = {"documents": "number of documents is", "lines": "number of lines is", "total": "total is"}


def _amounts(number: int) -> str:
    return "1 amount" if number == 1 else f"{number} amounts"
