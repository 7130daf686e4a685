"""What we send against SAP's own metadata: names, types, writable; and amounts with their currency's decimals."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stampli_b1_assets.b1 import master_data
from stampli_b1_assets.b1.entries import HEADER, from_sap, to_sap
from stampli_b1_assets.b1.guard import change_set
from stampli_b1_assets.b1.provisioning import provision
from stampli_b1_assets.b1.wire import dumps, loads
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine

METADATA = Path(__file__).parent / "metadata"
ENUMS = json.loads((METADATA / "enums.json").read_text())
SUPPLIER = {
    **dict.fromkeys(("CardCode", "CardName", "FederalTaxID", "EmailAddress", "Phone1"), "x"),
    "CardType": "cSupplier",
    "Series": 71,
}
ADDRESS = {
    **dict.fromkeys(("BPCode", "AddressName", "Street", "City", "State", "ZipCode", "Country"), "x"),
    "AddressType": "bo_BillTo",
    "RowNum": 0,
}


def properties(type_):
    return json.loads((METADATA / f"{type_}.json").read_text())["properties"]


def check(body, type_, *, user_fields=()):
    known = properties(type_)
    for name, value in body.items():
        if name in user_fields:
            assert isinstance(value, str)
            continue
        assert name in known, f"{type_} has no {name}"
        assert known[name]["writable"], f"{type_}.{name} is read-only"
        check_value(value, known[name]["type"], f"{type_}.{name}")


def check_value(value, type_, name):
    if type_.startswith("Collection("):
        for item in value:
            check(item, type_[len("Collection(") : -1])
    elif type_ in ENUMS:
        assert value in ENUMS[type_], name
    elif type_ == "Edm.DateTime":
        assert date.fromisoformat(value)
    else:
        expected = {"Edm.String": str, "Edm.Double": Decimal, "Edm.Int32": int}[type_]
        assert isinstance(value, expected), name


@pytest.fixture
def foreign():
    line = {"fc_currency": "KWD", "project_code": "P", "line_memo": "m", "due_date": date(2026, 6, 3)}
    dimensions = {f"CostingCode{n}": "x" for n in ("", 2, 3, 4, 5)}
    return JournalEntry(
        key="k" * 40,
        reference_date=date(2026, 5, 4),
        tax_date=date(2026, 5, 1),
        due_date=date(2026, 6, 3),
        memo="m",
        reference="1",
        reference2="2",
        reference3="3",
        lines=(
            JournalLine(account_code="6", debit=Decimal("32.5"), fc_debit=Decimal(10), dimensions=dimensions, **line),
            JournalLine(card_code="V", credit=Decimal("32.50"), fc_credit=Decimal("10.000"), **line),
        ),
        decimals=2,
        fc_decimals=3,
    )


def test_a_journal_entry_has_only_writable_properties_of_their_types(foreign):
    check(to_sap(foreign), "JournalEntry", user_fields=("U_StampliKey",))
    assert "U_StampliKey" not in to_sap(foreign, with_key=False)


def test_amounts_are_written_with_the_decimals_of_their_currency(foreign):
    text = dumps(to_sap(foreign)).decode()
    assert '"Debit":32.50' in text
    assert '"FCDebit":10.000' in text
    assert '"Credit":32.50' in text
    assert '"FCCredit":10.000' in text


def test_an_amount_that_would_have_to_be_rounded_is_never_sent(foreign):
    lines = (replace(foreign.lines[0], debit=Decimal("32.505")), foreign.lines[1])
    with pytest.raises(ValueError, match="more than 2 decimals"):
        to_sap(replace(foreign, lines=lines))


def test_a_partner_line_has_no_account_and_an_account_line_no_partner(foreign):
    first, second = to_sap(foreign)["JournalEntryLines"]
    assert ("AccountCode" in first, "ShortName" in first) == (True, False)
    assert ("AccountCode" in second, "ShortName" in second) == (False, True)


def test_an_entry_comes_back_as_it_went(foreign):
    row = loads(dumps({**to_sap(foreign), "JdtNum": 7, "Number": 8}))
    row["JournalEntryLines"][0]["ShortName"] = "6"  # as SAP fills it in
    row["JournalEntryLines"][1]["AccountCode"] = "200000"
    posted = from_sap(row)
    assert (posted.key, posted.jdt_num, posted.number) == (foreign.key, 7, 8)
    assert posted.lines == (foreign.lines[0], replace(foreign.lines[1], account_code="200000"))


def test_the_guard_row_is_one_of_a_table_without_object(foreign):
    row, entry = change_set(foreign)
    check(row.body, "NO_OBJECT")
    assert row.body["Code"] == row.body["Name"] == foreign.key
    assert [row.path, entry.path] == ["U_STAMPLI_POSTED", "JournalEntries"]
    assert len(row.body["Code"]) <= 50


def test_suppliers_have_only_writable_properties_of_their_types():
    check({**SUPPLIER, "BPAddresses": [ADDRESS]}, "BusinessPartner")


def test_what_provisioning_creates_is_as_sap_defines_it(b1, sandbox):
    for name in ("STAMPLI_POSTED", "OJDT.StampliKey"):
        sandbox.store.delete("UserTablesMD" if name.isupper() else "UserFieldsMD", name)
    sandbox.company.restart()
    assert provision(b1, b1.reference_data(), account=None, dry_run=False).is_proved
    check(sandbox.store.get("UserTablesMD", "STAMPLI_POSTED"), "UserTablesMD")
    field = sandbox.store.get("UserFieldsMD", "OJDT.StampliKey")
    check({name: value for name, value in field.items() if name != "FieldID"}, "UserFieldMD")


@pytest.mark.parametrize(
    ("names", "type_"),
    [
        (master_data.ACCOUNT, "ChartOfAccount"),
        (master_data.SUPPLIER, "BusinessPartner"),
        (master_data.OTHER_PARTNER, "BusinessPartner"),
        (HEADER, "JournalEntry"),
    ],
    ids=["accounts", "suppliers", "other partners", "entries"],
)
def test_what_is_selected_exists(names, type_):
    assert set(names) <= set(properties(type_))
