"""What holds for all values: money and text survive the way, and no bytes whatever break a reader."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from unicodedata import normalize
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.frames import invoices_from, payments_from, vendors_from
from stampli_b1_assets.stampli.layout import built_in_names, load_layout
from stampli_b1_assets.stampli.reader import FileKind, open_export, read_export

LAYOUTS = {name: load_layout(name, Path()) for name in built_in_names()}
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)

money = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60)
memos = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"), max_size=60)
codes = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: not any(sign in text for sign in "#Ee")
)
LABELS = (
    "Stampli Invoice ID,Invoice Type,Invoice Number,Vendor ID,Invoice Date,Currency,Invoice Amount,Invoice Status,"
    "Line #,GL Account,Line Amount,Memo"
).split(",")


def read(folder: Path, content: bytes, layout: str = "stampli_lines"):
    path = folder / "landed"
    path.write_bytes(content)
    return read_export(path, "export.dat", LAYOUTS[layout], max_bytes=10_000_000)


def domain(parsed) -> list:
    if parsed.kind is FileKind.VENDORS:
        return vendors_from(parsed.rows.whole(), file_name="f")
    if parsed.kind is FileKind.PAYMENTS:
        return payments_from(parsed.rows.whole(), file_name="f", file_sha256="")
    return invoices_from(parsed.rows.whole(), company_code=None, file_name="f", file_sha256="")


def one_row(amount: str, number: str, account: str, memo: str, day: date) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(LABELS)
    writer.writerow(
        ["1", "Invoice", number, "V", day.isoformat(), "USD", amount, "Paid Invoice", "1", account, amount, memo]
    )
    return file.getvalue().encode()


def as_read(memo: str) -> str:
    lines = normalize("NFC", memo).replace("\r\n", "\n").replace("\r", "\n")
    controls = "".join(chr(code) for code in [*range(32), *range(127, 160)] if chr(code) not in "\n\t")
    return lines.translate(str.maketrans(dict.fromkeys(controls, " "))).strip()


@ONE_FOLDER
@given(amount=money, number=codes, account=codes, memo=memos, day=st.dates())
@example(amount=Decimal("-0.01"), number="=1+1", account="007", memo='"\r\n,;', day=date(1, 1, 1))
def test_money_codes_text_and_dates_survive_csv(tmp_path, amount, number, account, memo, day):
    (invoice,) = domain(read(tmp_path, one_row(str(amount), number, account, memo, day)))
    assert invoice.faults == ()
    assert (invoice.total, invoice.lines[0].amount, invoice.invoice_date) == (amount, amount, day)
    assert (invoice.number, invoice.lines[0].gl_account) == (normalize("NFC", number), normalize("NFC", account))
    assert invoice.lines[0].memo == as_read(memo)


@ONE_FOLDER
@given(amount=money, memo=texts)
def test_money_and_text_survive_xml(tmp_path, amount, memo):
    memo = "".join(one for one in memo if one not in "\ufffe\uffff" and ord(one) < 0x1FFFE)
    body = (
        '<Invoice id="1" type="Invoice" status="Paid Invoice"><Number>N</Number><Vendor id="V"/>'
        "<Currency>USD</Currency>"
        f"<InvoiceDate>2026-03-01</InvoiceDate><Total>{amount}</Total><Lines><Line n='1'><GLAccount>1</GLAccount>"
        f"<Amount>{amount}</Amount><Memo>{escape(memo)}</Memo></Line></Lines></Invoice>"
    )
    content = f'<StampliExport totalAmount="{amount}">{body}</StampliExport>'
    (invoice,) = domain(read(tmp_path, content.encode()))
    assert (invoice.total, invoice.lines[0].amount, invoice.faults) == (amount, amount, ())
    assert invoice.lines[0].memo == as_read(memo)


@ONE_FOLDER
@given(text=st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_what_is_read_as_money_is_plain_ascii(tmp_path, text):
    try:
        content = one_row(text, "N", "1", "", date(2026, 3, 1))
    except UnicodeEncodeError:
        return
    (invoice,) = domain(read(tmp_path, content))
    if invoice.total is None:
        assert invoice.faults
    else:
        assert set(text) <= set("-.0123456789")
        assert invoice.total == Decimal(text)


def survives(folder: Path, content: bytes, layout: str) -> None:
    """Either it is read, and every row is there, or it is refused with a reason; nothing else."""
    try:
        parsed = read(folder, content, layout)
    except FileRefused as refused:
        refusal = refused
    else:
        refusal = None
    if refusal is not None:
        assert refusal.reason in set(RefusalReason)
        assert refusal.message.endswith(".")
        assert refusal.remedy
        return
    values = domain(parsed)
    if parsed.kind is FileKind.VENDORS:
        assert len(values) == parsed.rows.whole().height


SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").iterdir())]
SIGNS = '" , ; \r\n \n \r \0 < > <!DOCTYPE_a> &a; <!-- --> <![CDATA[ ]]> <?a?> T,1,1,1\n Grand_Total - \u200b \ufeff'
pieces = st.sampled_from([sign.replace("_", " ").encode() for sign in SIGNS.split(" ")] + [b"\xff", b"\xc3", b"1" * 40])


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@ONE_FOLDER
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path, layout, data):
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        upto = data.draw(st.integers(at, min(len(content), at + 40)))
        content[at:upto] = data.draw(st.one_of(pieces, st.binary(max_size=6), st.just(b"")))
    survives(tmp_path, bytes(content), layout)


@ONE_FOLDER
@given(content=st.binary(max_size=400), layout=st.sampled_from(sorted(LAYOUTS)))
def test_any_bytes_are_read_or_refused(tmp_path, content, layout):
    survives(tmp_path, content, layout)


@ONE_FOLDER
@given(cut=st.integers(1, 10_000), sample=st.sampled_from(["lines.xml", "flat.xml"]))
def test_xml_that_is_cut_off_is_never_read(tmp_path, cut, sample):
    whole = (Path(__file__).parent / "samples" / sample).read_bytes().rstrip()
    layout = "stampli_flat_xml" if sample == "flat.xml" else "stampli_lines"
    with pytest.raises(FileRefused):
        read(tmp_path, whole[: len(whole) - 1 - cut % (len(whole) - 1)], layout)


def test_pieces_make_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("stampli_b1_assets.stampli.csv_reader.CHUNK_ROWS", 2)
    rows = [one_row(f"{n}.00", f"N{n}", "1", "m", date(2026, 3, 1)).split(b"\r\n") for n in range(7)]
    content = b"\r\n".join([rows[0][0], *(row[1] for row in rows)])
    whole = read(tmp_path, content).rows.whole()
    export = open_export(tmp_path / "landed", "f", LAYOUTS["stampli_lines"], max_bytes=10_000)
    assert [piece.height for piece in export.frames()] == [2, 2, 2, 1]
    assert whole["row"].to_list() == [*range(2, 9)]
    assert whole["total"].to_list() == [Decimal(n) for n in range(7)]
