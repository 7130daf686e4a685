"""Vendors: created, updated in what differs, left alone, or held; SAP's own fields never touched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stampli_b1_assets.accounting.vendors import plan_vendors, vendors_of_invoices
from stampli_b1_assets.domain.invoice import Fault, FaultKind
from stampli_b1_assets.domain.outcome import Reason
from stampli_b1_assets.domain.reference_data import Partner

EARLY, LATE = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)


@pytest.fixture
def birch(context, reference, bill_to):
    """The company with one supplier, whose record is full."""
    partner = Partner(
        "S100", "Birch Supplies Ltd", "77-1000001", "ap@birch.example", "+1 503 555 0100", addresses=(bill_to,)
    )
    return context(partners={**reference.partners, "S100": partner})


def one_plan(vendors, surroundings):
    (plan,) = plan_vendors([vendors] if not isinstance(vendors, list) else vendors, surroundings)
    return plan


def reasons(plan):
    return [str(hold.reason) for hold in plan.holds]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "Birch Supplies Ltd", "tax_id": "77 1000001"},
        {"email": "ap@birch.example", "phone": "+1 503 555 0100", "street": "1 Elm Way", "postal_code": "09731"},
        {"status": "Inactive"},
        {"status": "Hold Payments"},
    ],
    ids=["nothing but the name", "tax id without punctuation", "all the same", "inactive", "another status"],
)
def test_unchanged(vendor, birch, changes):
    plan = one_plan(vendor(**changes), birch)
    assert (plan.outcome, plan.card_code, plan.changes) == ("unchanged", "S100", {})


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"name": "Birch Supplies Inc"}, {"CardName": "Birch Supplies Inc"}),
        ({"name": "Birch supplies ltd"}, {"CardName": "Birch supplies ltd"}),
        ({"tax_id": "77-1000002"}, {"FederalTaxID": "77-1000002"}),
        ({"email": "new@birch.example"}, {"EmailAddress": "new@birch.example"}),
        ({"phone": "1"}, {"Phone1": "1"}),
        (
            {"street": "2 Elm Way", "city": "Salem"},
            {
                "BPAddresses": [
                    {
                        "BPCode": "S100",
                        "AddressName": "Head office",
                        "AddressType": "bo_BillTo",
                        "RowNum": 3,
                        "Street": "2 Elm Way",
                    }
                ]
            },
        ),
    ],
    ids=["name", "capitals of the name", "tax id", "e-mail", "telephone", "one field of the address, in place"],
)
def test_only_what_differs_is_sent(vendor, birch, changes, body):
    plan = one_plan(vendor(**changes), birch)
    assert (plan.outcome, plan.changes) == ("update", body)


def test_an_address_where_sap_has_none_is_added(vendor, context):
    plan = one_plan(vendor(street="1 Elm Way", country="US"), context())
    assert plan.changes == {
        "BPAddresses": [
            {"AddressName": "Stampli", "AddressType": "bo_BillTo", "Street": "1 Elm Way", "Country": "US"},
        ]
    }


def test_an_address_without_a_row_is_left_alone_and_said(vendor, context, reference, bill_to):
    partner = replace(reference.partners["S100"], addresses=(replace(bill_to, row_num=None),))
    plan = one_plan(vendor(street="2 Elm Way"), context(partners={"S100": partner}))
    assert plan.outcome == "unchanged"
    assert "Head office" in plan.notes[0]


def test_create(vendor, context):
    new = vendor("S777", "Ærlig Værft A/S", tax_id="DK9", email="a@b.example", street="Havn 1", postal_code="0597")
    plan = one_plan(new, context())
    assert (plan.outcome, plan.card_code) == ("create", "S777")
    assert plan.changes == {
        "CardCode": "S777",
        "CardType": "cSupplier",
        "CardName": "Ærlig Værft A/S",
        "FederalTaxID": "DK9",
        "EmailAddress": "a@b.example",
        "BPAddresses": [
            {"AddressName": "Stampli", "AddressType": "bo_BillTo", "Street": "Havn 1", "ZipCode": "0597"},
        ],
    }


def test_from_an_invoice_with_id_and_name_alone(vendor, context):
    assert one_plan(vendor("S777", "New one"), context()).changes == {
        "CardCode": "S777",
        "CardType": "cSupplier",
        "CardName": "New one",
    }


def test_a_long_name_is_cut_and_said(vendor, context):
    plan = one_plan(vendor("S777", "N" * 101), context())
    assert plan.changes["CardName"] == "N" * 100
    assert "cut at 100" in plan.notes[0]
    again = context(partners={"S777": Partner("S777", "N" * 100)})
    assert one_plan(vendor("S777", "N" * 101), again).outcome == "unchanged"


def test_other_values_that_are_too_long_are_not_cut_but_left_out(vendor, context):
    plan = one_plan(vendor("S777", "New", phone="5" * 21, country="Norway"), context())
    assert plan.changes == {"CardCode": "S777", "CardType": "cSupplier", "CardName": "New"}
    assert len(plan.notes) == 2


@pytest.mark.parametrize("units", [15, 16])
def test_an_id_of_more_than_15_characters_takes_a_number_of_saps_series(vendor, context, units):
    id_ = "S" * units
    plan = one_plan(vendor(id_, "New"), context(supplier_series=71))
    code = {"CardCode": id_} if units == 15 else {"Series": 71}
    assert plan.changes == {**code, "CardType": "cSupplier", "CardName": "New"}
    assert plan.card_code == (id_ if units == 15 else "")
    assert reasons(one_plan(vendor(id_, "New"), context())) == ([] if units == 15 else ["INVALID_VENDOR"])


def test_one_that_sap_numbered_before_is_not_created_again(vendor, context):
    numbered = replace(context(supplier_series=71), card_codes={"S" * 20: "S100"})
    plan = one_plan(vendor("S" * 20, "Birch Supplies Ltd"), numbered)
    assert (plan.outcome, plan.card_code) == ("unchanged", "S100")


@pytest.mark.parametrize(
    ("changes", "settings", "reason"),
    [
        ({"vendor_id": ""}, {}, Reason.BAD_VALUE),
        ({"vendor_id": "S777", "name": ""}, {}, Reason.BAD_VALUE),
        ({"vendor_id": "S777", "name": "MÃ¼ller"}, {}, Reason.BAD_VALUE),
        ({"status": ""}, {}, Reason.BAD_VALUE),
        ({"faults": (Fault(FaultKind.BAD_VALUE, 2, "Last Modified", "Odd.", "Mend."),)}, {}, Reason.BAD_VALUE),
        ({"name": "Oak Inc", "tax_id": "99-1"}, {}, Reason.INVALID_VENDOR),
        ({"vendor_id": "C900", "name": "A customer"}, {}, Reason.INVALID_VENDOR),
        ({"vendor_id": "S777", "name": "Other", "tax_id": "DE 811.111.111"}, {}, Reason.INVALID_VENDOR),
        ({"vendor_id": "S777", "name": "New"}, {"new_vendors": "hold"}, Reason.UNKNOWN_VENDOR),
    ],
    ids=[
        "no id", "no name", "a name decoded wrongly", "no status", "fault", "other name and other tax id", "customer",
        "tax id of another", "not to be created",
    ],
)  # fmt: skip
def test_held(vendor, context, changes, settings, reason):
    plan = one_plan(vendor(**changes), context(settings=settings))
    assert plan.outcome == "held"
    assert [hold.reason for hold in plan.holds] == [reason]
    assert plan.holds[0].action.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [{"name": "Oak Inc"}, {"name": "Oak Inc", "tax_id": "77 1000001"}, {"tax_id": "99-1"}],
    ids=["another name, no tax id", "another name, same tax id", "same name, another tax id"],
)
def test_another_name_or_another_tax_id_alone_is_an_update(vendor, context, changes):
    assert one_plan(vendor(**changes), context()).outcome == "update"


def test_a_name_that_was_decoded_wrongly_never_reaches_sap(vendor, context):
    plan = one_plan(vendor(name="BÃ¶rch", email="new@birch.example"), context())
    assert plan.changes == {"EmailAddress": "new@birch.example"}
    assert "decoded wrongly" in plan.notes[0]


def test_an_empty_name_never_empties_saps(vendor, context):
    assert one_plan(vendor(name="", email="new@birch.example"), context()).changes == {
        "EmailAddress": "new@birch.example"
    }


def test_not_active_and_not_in_sap_is_not_created(vendor, context):
    plan = one_plan(vendor("S777", "New", status="Inactive"), context())
    assert (plan.outcome, plan.card_code) == ("unchanged", "")


def test_the_same_tax_id_and_name_under_another_id_is_not_created_twice(vendor, context):
    plan = one_plan(vendor("S101", "BIRCH SUPPLIES LTD", tax_id="771000001"), context())
    assert (plan.outcome, plan.card_code) == ("unchanged", "S100")
    assert "S101,S100" in plan.notes[1]
    twins = [vendor("S701", "New", tax_id="5", row=2), vendor("S702", "New", tax_id="5", row=3)]
    assert [plan.outcome for plan in plan_vendors(twins, context())] == ["create", "unchanged"]


def test_mapped_vendors(vendor, context, mappings):
    mapped = mappings(vendors="7,S100\n8,S404")
    plan = one_plan(vendor("7", email="new@birch.example"), context(mappings=mapped))
    assert (plan.outcome, plan.card_code) == ("update", "S100")
    assert reasons(one_plan(vendor("8"), context(mappings=mapped))) == ["INVALID_VENDOR"]


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [(EARLY, LATE, "second"), (LATE, EARLY, "first"), (LATE, LATE, "second")],
)
def test_of_an_id_named_twice_the_later_wins(vendor, context, first, second, winner):
    rows = [vendor(email="first", modified_at=first, row=2), vendor(email="second", modified_at=second, row=3)]
    assert one_plan(rows, context()).changes == {"EmailAddress": winner}


@pytest.mark.parametrize(("first", "second"), [(None, None), (None, LATE), (LATE, None)])
def test_named_twice_without_saying_when_is_held(vendor, context, first, second):
    rows = [vendor(email="first", modified_at=first, row=2), vendor(email="second", modified_at=second, row=3)]
    plan = one_plan(rows, context())
    assert reasons(plan) == ["BAD_VALUE"]
    assert "rows 2 and 3" in plan.holds[0].detail


@pytest.mark.parametrize(
    ("first", "second", "winner"), [(None, None, "second"), (LATE, EARLY, "first"), (LATE, None, "second")]
)
def test_of_two_files_the_later_moment_wins_else_the_later_file(vendor, context, first, second, winner):
    rows = [
        vendor(email="first", modified_at=first, file_name="a.csv"),
        vendor(email="second", modified_at=second, file_name="b.csv"),
    ]
    assert one_plan(rows, context()).changes == {"EmailAddress": winner}


def test_bank_data_terms_and_blocks_have_no_way_to_sap(vendor, context):
    full = vendor("S777", "New", tax_id="1", email="e", phone="p", street="s", city="c", state="OR", country="US")
    allowed = {"CardCode", "CardType", "CardName", "FederalTaxID", "EmailAddress", "Phone1", "BPAddresses"}
    assert set(one_plan(full, context()).changes) == allowed


def test_vendors_of_invoices(invoice, context, mappings):
    mapped = context(mappings=mappings(vendors="M1,S100"))
    brought = [
        invoice(vendor_id="N1", vendor_name="New One"),
        invoice(vendor_id="N1", vendor_name="New One Ltd"),
        invoice(vendor_id="S100"),
        invoice(vendor_id="M1"),
        invoice(vendor_id=""),
        invoice(vendor_id="N2", status="Pending Approval"),
        invoice("0.00", vendor_id="N3"),
    ]
    assert [(one.vendor_id, one.name, one.status) for one in vendors_of_invoices(brought, mapped)] == [
        ("N1", "New One", "Active"),
        ("N1", "New One Ltd", "Active"),
    ]
