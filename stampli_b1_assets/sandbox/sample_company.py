"""The sample company that the sandbox opens: a small business with a few accounts, suppliers and closed months."""

import calendar
import datetime as dt
from decimal import Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.business_partners import SUPPLIER_SERIES
from stampli_b1_assets.sandbox.service_layer.store import Store

COMPANY_DB = "LINDEN_DEMO"
NAME = "Linden Trading Inc"
YEAR = 2026
_CLOSED_MONTHS = (1, 2)

_ACCOUNTS: dict[str, dict[str, Any]] = {
    "001300": {"Name": "Site work"},
    "006120": {"Name": "Disposal and hauling"},
    "006200": {"Name": "Consulting"},
    "006310": {"Name": "Catering"},
    "006400": {"Name": "Freight"},
    "101000": {"Name": "Bank", "CashAccount": "tYES"},
    "101900": {"Name": "Payment clearing"},
    "157600": {"Name": "Input tax"},
    "999900": {"Name": "Rounding"},
    "006999": {"Name": "Old consulting", "FrozenFor": "tYES"},
    "600000": {"Name": "Expenses", "ActiveAccount": "tNO"},
    "200000": {"Name": "Accounts payable", "LockManualTransaction": "tYES"},
}
_SUPPLIERS: dict[str, dict[str, Any]] = {
    "V20010": {
        "CardName": "Fernhill Groundworks Ltd",
        "FederalTaxID": "84-5550101",
        "EmailAddress": "accounts@fernhill.example",
        "_address": ("7 Quarry Lane", "Aurora", "CO", "80012", "US"),
    },
    "V20024": {
        "CardName": "Bäckerei Sonnenschein GmbH",
        "FederalTaxID": "DE299000111",
        "EmailAddress": "buero@sonnenschein.example",
        "_address": ("Lindenallee 12", "Berlin", "", "10555", "DE"),
    },
    "V20031": {
        "CardName": "Okafor Advisory",
        "FederalTaxID": "36-5550144",
        "EmailAddress": "billing@okafor.example",
        "_address": ("220 Birch St", "Denver", "CO", "80203", "US"),
    },
    "V20047": {
        "CardName": "Pemberton Legal LLP",
        "FederalTaxID": "45-5550177",
        "EmailAddress": "office@pemberton.example",
        "Frozen": "tYES",
        "_address": ("1 Court Sq", "Denver", "CO", "80202", "US"),
    },
}
_ORDERS: tuple[dict[str, Any], ...] = (
    {
        "CardCode": "V20010",
        "DocDate": "2026-03-02",
        "UpdateTime": "09:15:00",
        "_lines": [
            {"ItemCode": "AGG-20", "ItemDescription": "Aggregate, 20 mm", "Quantity": Decimal(40),
             "RemainingOpenQuantity": Decimal(15), "UnitPrice": Decimal("32.5"), "Price": Decimal("32.5"),
             "AccountCode": "001300", "CostingCode": "PM", "CostingCode3": "DEN", "ProjectCode": "P-0110"},
            {"ItemCode": "HAUL", "ItemDescription": "Hauling, per load", "Quantity": Decimal(6),
             "RemainingOpenQuantity": Decimal(0), "UnitPrice": Decimal(120), "Price": Decimal(108),
             "DiscountPercent": Decimal(10), "AccountCode": "006120", "CostingCode": "PM", "LineStatus": "bost_Close"},
        ],
    },
    {
        "CardCode": "V20024",
        "DocDate": "2026-03-12",
        "UpdateTime": "13:30:00",
        "DocType": "dDocument_Service",
        "DocCurrency": "EUR",
        "_lines": [
            {"ItemDescription": "Catering, April", "RowTotalFC": Decimal(500), "AccountCode": "006310",
             "CostingCode": "ADM"},
        ],
    },
    {
        "CardCode": "V20031",
        "DocDate": "2026-02-03",
        "UpdateTime": "10:00:00",
        "DocumentStatus": "bost_Close",
        "_lines": [
            {"ItemCode": "ADV", "ItemDescription": "Advice, per day", "Quantity": Decimal(2),
             "UnitPrice": Decimal(900), "Price": Decimal(900), "AccountCode": "006200",
             "LineStatus": "bost_Close"},
        ],
    },
)  # fmt: skip
_FIRST_ORDER = 1_000_231
_RULES = {1: ("PM", "IT", "ADM"), 2: ("A", "B"), 3: ("DEN", "BER")}
_CURRENCIES = {"USD": "cd2Digits", "EUR": "cd2Digits", "JPY": "cdWithoutDecimals", "KWD": "cd3Digits"}
_RATES = {"EUR": Decimal("1.0825"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.2541")}
_DAY_WITHOUT_RATES = dt.date(YEAR, 4, 4)


def fill(store: Store, *, provisioned: bool) -> None:
    """Write the sample company into an empty store; `provisioned` with the guard's table and field."""
    with store.transaction():
        store.put(
            "_company", "company", {"CompanyName": "Linden Trading Inc", "LocalCurrency": "USD", "TotalsAccuracy": 2}
        )
        info = {"CompanyName": "Linden Trading Inc", "Version": "1000280", "EnableAccountSegmentation": "tNO"}
        store.put("_company", "info", info)
        store.put("_series", "supplier", {"Series": SUPPLIER_SERIES, "Name": "Suppliers"})
        _fill_accounts(store)
        _fill_suppliers(store)
        _fill_dimensions(store)
        _fill_currencies(store)
        _fill_periods(store)
        _fill_orders(store)
        if provisioned:
            table = {
                "TableName": "STAMPLI_POSTED",
                "TableDescription": "Posted from Stampli",
                "TableType": "bott_NoObject",
            }
            store.put("UserTablesMD", "STAMPLI_POSTED", table)
            field = {"TableName": "OJDT", "Name": "StampliKey", "Type": "db_Alpha", "Size": 50, "FieldID": 0}
            store.put("UserFieldsMD", "OJDT.StampliKey", field)


def _fill_accounts(store: Store) -> None:
    defaults = {"ActiveAccount": "tYES", "AcctCurrency": "##", "LockManualTransaction": "tNO", "FrozenFor": "tNO"}
    for code, account in _ACCOUNTS.items():
        row = {"Code": code, "FormatCode": code, "ValidFor": "tNO", "BlockManualPosting": "tNO", **defaults, **account}
        store.put("ChartOfAccounts", code, row)


def _fill_suppliers(store: Store) -> None:
    for code, supplier in _SUPPLIERS.items():
        street, city, state, zip_code, country = supplier["_address"]
        address = {
            "AddressName": "Head office",
            "AddressType": "bo_BillTo",
            "Street": street,
            "City": city,
            "State": state,
            "ZipCode": zip_code,
            "Country": country,
            "BPCode": code,
            "RowNum": 0,
        }
        row = {
            "CardCode": code,
            "CardType": "cSupplier",
            "Currency": "##",
            "Valid": "tNO",
            "Frozen": "tNO",
            "DebitorAccount": "200000",
            "BPAddresses": [address],
            **{name: value for name, value in supplier.items() if name != "_address"},
        }
        store.put("BusinessPartners", code, row)
    customer = {"CardCode": "C10001", "CardName": "Walk-in customer", "CardType": "cCustomer", "Currency": "##"}
    store.put("BusinessPartners", "C10001", customer)


def _fill_orders(store: Store) -> None:
    """Purchase orders as people made them in SAP's own client."""
    defaults = {"DocType": "dDocument_Items", "DocCurrency": "USD", "DocumentStatus": "bost_Open", "Cancelled": "tNO"}
    for number, order in enumerate(_ORDERS, start=1):
        header = {name: value for name, value in order.items() if name != "_lines"}
        made = {"DocEntry": number, "DocNum": _FIRST_ORDER + number - 1, "UpdateDate": order["DocDate"], **defaults}
        name = _SUPPLIERS[order["CardCode"]]["CardName"]
        lines = [_order_line(line, place) for place, line in enumerate(order["_lines"])]
        store.put("PurchaseOrders", str(number), {**made, "CardName": name, **header, "DocumentLines": lines})


def _order_line(line: dict[str, Any], number: int) -> dict[str, Any]:
    """`LineTotal` is in local currency, as SAP keeps it."""
    quantity, price = line.get("Quantity", Decimal(0)), line.get("Price", Decimal(0))
    total = line["RowTotalFC"] * _RATES["EUR"] if "RowTotalFC" in line else quantity * price
    return {"LineNum": number, "LineStatus": "bost_Open", "LineTotal": total.quantize(Decimal("0.01")), **line}


def _fill_dimensions(store: Store) -> None:
    for dimension, codes in _RULES.items():
        store.put("Dimensions", str(dimension), {"DimensionCode": dimension, "IsActive": "tYES"})
        for code in codes:
            rule = {"FactorCode": code, "InWhichDimension": dimension, "Active": "tYES"}
            store.put("DistributionRules", code, rule)
            center = {"CenterCode": code, "CenterName": code, "InWhichDimension": dimension, "Active": "tYES"}
            store.put("ProfitCenters", code, {**center, "EffectiveFrom": "2020-01-01"})
    for code, active, last in (("P-0107", "tYES", None), ("P-0110", "tYES", None), ("P-OLD", "tNO", "2025-12-31")):
        store.put("Projects", code, {"Code": code, "Name": code, "Active": active, "ValidTo": last})


def _fill_currencies(store: Store) -> None:
    for code, decimals in _CURRENCIES.items():
        store.put("Currencies", code, {"Code": code, "Name": code, "DocumentsCode": code, "Decimals": decimals})
    day = dt.date(YEAR, 1, 1)
    while day.year == YEAR:
        for currency, rate in _RATES.items():
            if day != _DAY_WITHOUT_RATES:
                store.put("_rates", f"{currency} {day}", {"Rate": str(rate)})
        day += dt.timedelta(days=1)


def _fill_periods(store: Store) -> None:
    """The posting window is the month; due and tax windows reach wider, as was seen in real companies."""
    for month in range(1, 13):
        last = calendar.monthrange(YEAR, month)[1]
        code = f"{YEAR}-{month:02}"
        row = {
            "AbsoluteEntry": month,
            "PeriodCode": code,
            "PeriodName": code,
            "PostingDateFrom": f"{code}-01",
            "PostingDateTo": f"{code}-{last:02}",
            "ValueDateFrom": f"{YEAR}-01-01",
            "ValueDateTo": f"{YEAR + 1}-12-31",
            "TaxDateFrom": f"{YEAR - 1}-01-01",
            "TaxDateTo": f"{YEAR}-12-31",
            "PeriodStatus": "ltLocked" if month in _CLOSED_MONTHS else "ltUnlocked",
            "Locked": "tNO",
        }
        store.put("_periods", code, row)
