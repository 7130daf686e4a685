"""Mappings: all five files or none, and every fault named by file, row and column."""

from datetime import date

import pytest

from stampli_b1_assets.accounting.mappings import load_mappings
from stampli_b1_assets.errors import MappingError

DAY = date(2026, 4, 15)


def test_all_five_files(mappings):
    loaded = mappings(
        vendors="7,S100",
        gl_accounts="Tools,000700",
        dimensions="Department,Field crew,OPS\nclass,Field crew,RED",
        tax_codes="GST,144000",
        bank_accounts="Main,101000",
    )
    assert loaded.card_code("7", DAY).code == "S100"
    assert loaded.account("Tools", DAY).code == "000700"
    assert loaded.dimension("department", "Field crew", DAY).code == "OPS"
    assert loaded.dimension("class", "Field crew", DAY).code == "RED"
    assert loaded.dimension("location", "Field crew", DAY) is None
    assert loaded.tax_account("GST", DAY).code == "144000"
    assert loaded.bank_account("Main", DAY).place == "bank_accounts.csv, row 2"


def test_codes_are_text(mappings):
    loaded = mappings(gl_accounts="001005,000700")
    assert loaded.account("1005", DAY) is None
    assert loaded.account("001005", DAY).code == "000700"


def test_validity_by_posting_date_both_ends_included(write_mappings, tmp_path):
    write_mappings(tmp_path)
    (tmp_path / "gl_accounts.csv").write_text(
        "stampli_gl_account,b1_account_code,valid_from,valid_to\n"
        "A,510000,,2026-03-31\nA,520000,2026-04-01,2026-04-30\nA,000700,2026-06-01,\n"
    )
    loaded = load_mappings(tmp_path)
    days = [
        date(2020, 1, 1),
        date(2026, 3, 31),
        date(2026, 4, 1),
        date(2026, 4, 30),
        date(2026, 5, 1),
        date(2030, 1, 1),
    ]
    rows = [loaded.account("A", day) for day in days]
    assert [row.code if row else None for row in rows] == ["510000", "510000", "520000", "520000", None, "000700"]
    there = [loaded.stampli_codes("gl_accounts.csv", "520000", day) for day in (*days, None)]
    assert there == [[], [], ["A"], ["A"], [], [], ["A"]]


def test_a_spreadsheets_bom_line_ends_blank_rows_and_notes_are_fine(write_mappings, tmp_path):
    write_mappings(tmp_path)
    content = '\ufeffStampli_GL_Account,B1_Account_Code,note\r\n\r\nA, 510000 ,"first\r\nsecond"\r\nB,520000,\r\n'
    (tmp_path / "gl_accounts.csv").write_bytes(content.encode())
    loaded = load_mappings(tmp_path)
    assert loaded.account("A", DAY).place == "gl_accounts.csv, row 3"
    assert loaded.account("B", DAY).place == "gl_accounts.csv, row 4"


def test_composed_and_decomposed_accents_are_one_code(mappings):
    assert mappings(dimensions="department,Cafe\u0301,OPS").dimension("department", "Café", DAY).code == "OPS"


def test_fingerprint_changes_with_any_byte(mappings):
    assert mappings(vendors="7,S100").fingerprint == mappings(vendors="7,S100").fingerprint
    assert mappings(vendors="7,S100").fingerprint != mappings(vendors="8,S100").fingerprint


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("gl_accounts.csv", b"stampli_gl_account;b1_account_code\nA;510000\n", ["semicolons", "commas"]),
        ("gl_accounts.csv", b"stampli_gl_account\tb1_account_code\n", ["tabs"]),
        ("gl_accounts.csv", b"stampli_gl_account\nA\n", ["row 1", "b1_account_code"]),
        ("gl_accounts.csv", b"", ["row 1", "stampli_gl_account"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code,b1_account_code\n", ["twice"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code,valid_form\n", ["valid_form", "valid_from"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\nA\n", ["row 2", "1 cells"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\nA,\n", ["row 2", "b1_account_code", "empty"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\n ,5\n", ["row 2", "stampli_gl_account", "empty"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\nA,1\nB,2\nA,3\n", ["row 4", "row 2"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\n1.18E+10,5\n", ["row 2", "spreadsheet"]),
        ("gl_accounts.csv", b'stampli_gl_account,b1_account_code\n"A\nB",5\n', ["row 2", "line break"]),
        ("gl_accounts.csv", b'stampli_gl_account,b1_account_code\n"A,5\n', ["row 2"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\nA,\xe9\n", ["UTF-8"]),
        ("gl_accounts.csv", b"stampli_gl_account,b1_account_code\nA\x00,5\n", ["NUL"]),
        (
            "dimensions.csv",
            b"stampli_field,stampli_value,b1_code\ncolour,A,B\n",
            ["row 2", "stampli_field", "'colour'"],
        ),
        ("tax_codes.csv", b"stampli_tax_code,b1_account_code,valid_from\nA,1,31.03.2026\n", ["row 2", "valid_from"]),
        ("tax_codes.csv", b"stampli_tax_code,b1_account_code,valid_from\nA,1,20260331\n", ["row 2", "valid_from"]),
        ("tax_codes.csv", b"stampli_tax_code,b1_account_code,valid_to\nA,1,2026-02-30\n", ["row 2", "valid_to"]),
        (
            "tax_codes.csv",
            b"stampli_tax_code,b1_account_code,valid_from,valid_to\nA,1,2026-05-01,2026-04-01\n",
            ["row 2", "valid_to"],
        ),
        (
            "tax_codes.csv",
            b"stampli_tax_code,b1_account_code,valid_from,valid_to\nA,1,,2026-04-01\nA,2,2026-04-01,\n",
            ["row 3", "row 2"],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_fault_refuses_all_and_is_named(write_mappings, tmp_path, file, content, words):
    write_mappings(tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(MappingError) as caught:
        load_mappings(tmp_path)
    assert file in caught.value.message
    assert caught.value.remedy
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_says_how_to_make_it(write_mappings, tmp_path):
    write_mappings(tmp_path)
    (tmp_path / "dimensions.csv").unlink()
    with pytest.raises(MappingError, match=r"dimensions\.csv is missing.*stampli_field,stampli_value,b1_code"):
        load_mappings(tmp_path)


def test_a_missing_folder(tmp_path):
    with pytest.raises(MappingError, match=r"does not exist.*mappings_dir"):
        load_mappings(tmp_path / "nowhere")


def test_codes_that_sap_does_not_have_are_found_before_any_invoice(mappings, reference):
    loaded = mappings(gl_accounts="A,510000\nB,71100-00-10\nC,404", vendors="1,S100\n2,S404")
    assert sorted(loaded.missing_in(reference))[:2] == ["404 (gl_accounts.csv, row 4)", "490000 (tax_codes.csv, row 4)"]
