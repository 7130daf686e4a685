"""Reading bytes as a landed file: with the built-in layouts, or with a layout written in the test."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.frames import invoices_from
from stampli_b1_assets.stampli.layout import Layout, load_layout, parse_layout
from stampli_b1_assets.stampli.reader import ParsedFile, read_export

DENVER = ZoneInfo("America/Denver")

_GOOD = {
    "Company Code": "AR-1",
    "Stampli Invoice ID": "1",
    "Invoice Type": "Invoice",
    "Invoice Number": "N-1",
    "Vendor ID": "V1",
    "Vendor Name": "Vendor One",
    "Invoice Date": "2026-03-01",
    "Due Date": "2026-03-31",
    "Posting Date": "2026-03-02",
    "Currency": "USD",
    "Invoice Amount": "10.00",
    "Tax Amount": "0.00",
    "Invoice Status": "Paid Invoice",
    "Authorized Date": "2026-03-02T10:00:00Z",
    "Line #": "1",
    "GL Account": "000100",
    "Department": "A",
    "Memo": "memo",
    "Line Amount": "10.00",
    "Tax Code": "",
}


class Exports:
    """Writes and reads files of the layout `stampli_lines`, or of another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def csv(self, *rows: dict[str, str], ends: str = "\r\n") -> str:
        """A CSV file whose rows are a good invoice with the given values in place of its own."""
        names = list(dict.fromkeys([*_GOOD, *(name for row in rows for name in row)]))
        lines = [names, *([{**_GOOD, **row}.get(name, "") for name in names] for row in rows)]
        return ends.join(",".join(map(_quoted, cells)) for cells in lines) + ends

    def layout(self, layout: str) -> Layout:
        if "\n" in layout:
            return parse_layout(layout, "test.yaml")
        return load_layout(layout, self._folder)

    def read(
        self,
        content: str | bytes,
        layout: str = "stampli_lines",
        *,
        max_bytes: int = 10_000_000,
        zone: tzinfo | None = DENVER,
    ) -> ParsedFile:
        path = self._folder / "landed"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_export(path, "export.dat", self.layout(layout), max_bytes=max_bytes, zone=zone)

    def invoices(
        self, content: str | bytes, layout: str = "stampli_lines", *, company_code: str | None = None
    ) -> list[Invoice]:
        parsed = self.read(content, layout)
        return invoices_from(parsed.rows.whole(), company_code=company_code, file_name="export.dat", file_sha256="00")

    def refusal(self, content: str | bytes, layout: str = "stampli_lines", *, max_bytes: int = 10_000_000) -> str:
        with pytest.raises(FileRefused) as caught:
            self.read(content, layout, max_bytes=max_bytes)
        assert caught.value.remedy
        assert caught.value.message.startswith(("export.dat", "The header of export.dat"))
        assert caught.value.message.isprintable()
        self.message = caught.value.message
        return str(caught.value.reason)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(one in cell for one in ',"\r\n') else cell


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


@pytest.fixture
def fault_of(exports: Exports) -> Callable[..., str]:
    """The one fault's sentence of an invoice with the given values."""

    def fault(**values: str) -> str:
        (invoice,) = exports.invoices(exports.csv({name.replace("_", " "): value for name, value in values.items()}))
        (one,) = invoice.faults
        assert one.row == 2
        assert one.action
        return f"{one.kind} {one.column}: {one.detail}"

    return fault
