"""A layout tried on a file: what it reads row by row, what its documents come to, and what would hold them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from stampli_b1_assets.accounting.believed import believed, faulty_columns
from stampli_b1_assets.accounting.rules.document import required_values, type_against_sign
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.accounting.taxes import tax_total
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.money import ZERO, fixed, iso_decimals, significant_decimals
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.domain.vendor import Vendor
from stampli_b1_assets.stampli.explain import RowReport, explained
from stampli_b1_assets.stampli.frames import Invoices, Payments, Vendors, vendors_together
from stampli_b1_assets.stampli.kinds import FileKind
from stampli_b1_assets.stampli.layout import Layout
from stampli_b1_assets.stampli.reader import ParsedFile, read_export
from stampli_b1_assets.stampli.scratch import Sentences

Document = Invoice | Vendor | Payment

_MOST_ROWS = 1_000
"""That are shown to a person, and as many again with faults."""
_MOST_WORDS = 10
"""Unknown statuses that are warned of one by one; a column that is none has one for every invoice."""


@dataclass
class Sums:
    """What to compare with Stampli's screen: how many documents, currency → sum, status → how many."""

    documents: int = 0
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    statuses: Counter[str] = field(default_factory=Counter)
    unknown_statuses: Counter[str] = field(default_factory=Counter)
    """Those that hold an invoice."""

    def add(self, one: Document, settings: PostingSettings) -> None:
        """One document."""
        self.documents += 1
        amount = one.total if isinstance(one, Invoice) else one.amount if isinstance(one, Payment) else None
        if amount is not None and not isinstance(one, Vendor) and one.currency:
            self.amounts[one.currency] += amount
        if one.status:
            self.statuses[one.status] += 1
            if isinstance(one, Invoice) and status_word(one, settings) is StatusKind.UNKNOWN:
                self.unknown_statuses[one.status] += 1


@dataclass(frozen=True)
class Trial:
    """A file as a cycle would read it. `shown`: its first rows, and the first of the others that have faults."""

    file: ParsedFile
    sums: Sums
    sentences: Sentences
    faulty: int
    shown: tuple[RowReport, ...]

    def rows(self) -> Iterator[RowReport]:
        """All of them, with the faults of whole documents too: header values that disagree, lines that stand twice,
        sums that do not make the total.
        """
        return _rows(self.file, self.sentences)

    @property
    def warnings(self) -> list[str]:
        """What is wrong and no row's fault."""
        return [*self.file.warnings, *_unknown_words(self.sums.unknown_statuses)]

    @property
    def statuses(self) -> dict[str, int]:
        """The most frequent ones first."""
        return dict(self.sums.statuses.most_common())

    @property
    def amounts(self) -> dict[str, str]:
        """Currency → sum."""
        return {currency: _shown(amount, currency) for currency, amount in self.sums.amounts.items()}


@contextmanager
def try_layout(
    path: Path, layout: Layout, settings: PostingSettings, *, zone: ZoneInfo, max_bytes: int
) -> Iterator[Trial]:
    """Read a file as a cycle would, and store nothing; raises `FileRefused` as reading does.

    Memory holds a piece of the file, whatever its size.
    """
    file = read_export(path, path.name, layout, max_bytes=max_bytes, zone=zone)
    sums = Sums()
    with Sentences() as sentences:
        for document in _documents(file, path.name):
            sums.add(document, settings)
            for fault in document.faults:
                sentences.add(fault.row, fault.detail)
            if isinstance(document, Invoice) and not layout.is_split:
                for row, sentence in (*_contradictions(document, settings), *_disagreement(document)):
                    sentences.add(row, sentence)
        faulty, shown = _overview(_rows(file, sentences))
        yield Trial(file, sums, sentences, faulty, shown)


def _documents(file: ParsedFile, name: str) -> Iterable[Document]:
    if file.kind is FileKind.VENDORS:
        return chain.from_iterable(vendors_together([Vendors(file.rows, None, name, "")]))
    if file.kind is FileKind.PAYMENTS:
        return Payments(file.rows, None, name, "")
    return Invoices(file.rows, None, name, "")


def _contradictions(source: Invoice, settings: PostingSettings) -> Iterator[tuple[int, str]]:
    """What holds an invoice that is to be posted, whatever SAP has: values that are empty, type against sign."""
    invoice, faulty, first = believed(source), faulty_columns(source), source.lines[0].row if source.lines else 0
    if status_word(invoice, settings) is not StatusKind.POSTABLE:
        return
    name = source.stampli_id or source.number
    for column, value, row in required_values(invoice, settings):
        if value in (None, "") and column not in faulty:
            yield row or first, f"{column} of invoice {name} is empty (BAD_VALUE)."
    if told := type_against_sign(invoice):
        yield first, f"Invoice {name} {told} (BAD_VALUE)."


def _disagreement(one: Invoice) -> Iterator[tuple[int, str]]:
    """The sentence for the first line of an invoice whose lines and tax do not make its total."""
    amounts = [line.amount for line in one.lines if line.amount is not None]
    if one.faults or one.total is None or not amounts or len(amounts) < len(one.lines):
        return
    lines, tax = sum(amounts, ZERO), tax_total(one)
    if lines + tax != one.total:
        total, net, taxed = (_shown(amount, one.currency) for amount in (one.total, lines, tax))
        name = one.stampli_id or one.number
        sentence = f"Invoice {name} totals {total}, but its lines come to {net} and its tax to {taxed}"
        yield one.lines[0].row, f"{sentence} (TOTALS_DISAGREE)."


def _rows(file: ParsedFile, sentences: Sentences) -> Iterator[RowReport]:
    """A document's faults stand with the first of the rows that have the number: an XML line may have many."""
    before = None
    for one in explained(file.rows):
        found = [sentence for sentence in sentences.of(one.row) if sentence not in one.faults]
        yield replace(one, faults=(*one.faults, *found)) if found and one.row != before else one
        before = one.row


def _overview(rows: Iterable[RowReport]) -> tuple[int, tuple[RowReport, ...]]:
    faulty, first, further = 0, list[RowReport](), list[RowReport]()
    for row in rows:
        faulty += bool(row.faults)
        if len(first) < _MOST_ROWS:
            first.append(row)
        elif row.faults and len(further) < _MOST_ROWS:
            further.append(row)
    return faulty, (*first, *further)


def _unknown_words(strange: Counter[str]) -> Iterator[str]:
    for word, count in strange.most_common(_MOST_WORDS):
        yield (
            f"the status {word} ({count}) is in no list, so that these would be held UNKNOWN_STATUS: translate it in "
            "the layout's `statuses`, or name it in `posting.postable_statuses`"
        )
    if len(strange) > _MOST_WORDS:
        yield f"so are {len(strange) - _MOST_WORDS:,} other words: is this the column of the status?"


def _shown(amount: Decimal, currency: str) -> str:
    return f"{fixed(amount, max(iso_decimals(currency), significant_decimals(amount))):f}"
