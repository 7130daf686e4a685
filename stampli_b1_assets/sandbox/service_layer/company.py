"""One company behind the Service Layer: entity sets, services and writes, without HTTP."""

import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stampli_b1_assets.sandbox.service_layer import business_partners, journal_entries
from stampli_b1_assets.sandbox.service_layer.properties import TYPES, check_body, names_of
from stampli_b1_assets.sandbox.service_layer.query import compile_filter, order, simple_equals
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, exists, invalid, not_found, unknown_property
from stampli_b1_assets.sandbox.service_layer.store import INDEXED, Row, Store

_KEYS = {
    "JournalEntries": "JdtNum",
    "BusinessPartners": "CardCode",
    "ChartOfAccounts": "Code",
    "DistributionRules": "FactorCode",
    "ProfitCenters": "CenterCode",
    "Projects": "Code",
    "Currencies": "Code",
    "Dimensions": "DimensionCode",
    "VatGroups": "Code",
    "BusinessPlaces": "BPLID",
    "UserTablesMD": "TableName",
    "UserFieldsMD": "FieldID",
    "PurchaseOrders": "DocEntry",
}
_READ_ONLY = frozenset({"Dimensions", "VatGroups", "BusinessPlaces", "PurchaseOrders", "ChartOfAccounts"})
_KEYED = re.compile(r"(?P<set>\w+)\((?P<key>.*)\)(?:/(?P<action>\w+))?")


@dataclass
class Answer:
    """What a request gets: a status, and a value, rows or nothing."""

    status: int
    value: Any = None
    rows: list[Row] | None = None
    next_skip: int | None = None
    count: int | None = None
    location: str = ""
    context: str = ""
    plain: str | None = None


@dataclass
class Options:
    """Headers and query options that matter."""

    params: dict[str, str] = field(default_factory=dict)
    page_size: int = 20
    replaces_collections: bool = False


class Company:
    """Requests on one company database. `needs_restart`: new tables and fields stay invisible until `restart`."""

    def __init__(self, store: Store, *, needs_restart: bool = False) -> None:
        self.store = store
        self.needs_restart = needs_restart
        self.allows_duplicate_guard_rows = False
        self.hides_user_tables = False
        self._visible_tables: set[str] = set()
        self._visible_fields: set[str] = set()
        self.restart()

    def restart(self) -> None:
        """Make new user tables and fields visible, as a restart of the Service Layer does."""
        self._visible_tables = {row["TableName"] for row in self.store.all("UserTablesMD")}
        self._visible_fields = {f"U_{row['Name']}" for row in self.store.all("UserFieldsMD")}

    # --- one request -------------------------------------------------------------------------------------------

    def handle(self, method: str, path: str, body: Any, options: Options) -> Answer:
        """One request outside or inside a batch; raises `Refusal`."""
        path = urllib.parse.unquote(path)
        if method == "POST" and path in self._services():
            return self._services()[path](body or {})
        keyed = _KEYED.fullmatch(path)
        if keyed:
            return self._keyed(method, keyed, body, options)
        if path.endswith("/$count"):
            return Answer(200, plain=str(len(self._filtered(path.removesuffix("/$count"), options))))
        self._check_set(path)
        if method == "GET":
            return self._list(path, options)
        if method == "POST":
            return self._create(path, body)
        raise Refusal(-5006, "The requested action is not supported for this object.")

    def _check_set(self, name: str) -> None:
        if name in _KEYS or self._user_table(name) is not None:
            return
        raise Refusal(-1002, f"Service Not Found: '{name}'")

    def _user_table(self, name: str) -> str | None:
        table = name.removeprefix("U_")
        is_visible = table in self._visible_tables and not self.hides_user_tables
        return table if name.startswith("U_") and is_visible else None

    def _keyed(self, method: str, match: re.Match[str], body: Any, options: Options) -> Answer:
        name, key, action = match["set"], match["key"], match["action"]
        self._check_set(name)
        key = key.split("=", 1)[1] if re.match(r"\w+=", key) else key
        key = key[1:-1].replace("''", "'") if key.startswith("'") else key
        if name == "JournalEntries" and action == "Cancel" and method == "POST":
            with self.store.transaction():
                journal_entries.cancel(self.store, int(key))
            return Answer(204)
        if action is not None:
            raise Refusal(-5006, "The requested action is not supported for this object.")
        row = self._row(name, key)
        if row is None:
            raise not_found()
        if method == "GET":
            return Answer(200, value=self._selected(row, name, options), context=f"{name}/$entity")
        return self._change(method, name, key, body, options)

    def _change(self, method: str, name: str, key: str, body: Any, options: Options) -> Answer:
        with self.store.transaction():
            if method == "PATCH" and name == "JournalEntries":
                journal_entries.patch(self.store, int(key), body, self._fields())
            elif method == "PATCH" and name == "BusinessPartners":
                business_partners.patch(self.store, key, body, replaces_collections=options.replaces_collections)
            elif method == "DELETE" and self._user_table(name):
                self.store.delete(name, key)
            else:
                raise Refusal(-5006, "The requested action is not supported for this object.")
        return Answer(204)

    def _row(self, name: str, key: str) -> Row | None:
        if name == "JournalEntries":
            return self.store.entry(int(key)) if key.lstrip("-").isdigit() else None
        return self.store.get(name, key)

    # --- reads ---------------------------------------------------------------------------------------------------

    def _list(self, name: str, options: Options) -> Answer:
        params = options.params
        if "$expand" in params:
            raise Refusal(201, f"Navigation property '{params['$expand']}' of '{name}' is invalid")
        rows = self._filtered(name, options)
        count = len(rows) if params.get("$count") == "true" or params.get("$inlinecount") == "allpages" else None
        rows = order(rows, params.get("$orderby", _KEYS.get(name, "Code")), self._names(name), self._type(name))
        skip, top = int(params.get("$skip", 0)), params.get("$top")
        size = options.page_size or len(rows) or 1
        page = rows[skip : skip + min(size, int(top) if top else size)]
        has_more = skip + len(page) < len(rows) and (top is None or int(top) > size)
        return Answer(
            200,
            rows=[self._selected(row, name, options) for row in page],
            next_skip=skip + len(page) if has_more else None,
            count=count,
            context=name,
        )

    def _filtered(self, name: str, options: Options) -> list[Row]:
        self._check_set(name)
        text = options.params.get("$filter", "")
        predicate = compile_filter(text, self._names(name), self._type(name)) if text else None
        if name == "JournalEntries":
            simple = simple_equals(text)
            rows = self.store.entries(*simple) if simple and simple[0] in INDEXED else self.store.entries()
        else:
            rows = self.store.all(name)
        return [row for row in rows if predicate is None or predicate(row)]

    def _selected(self, row: Row, name: str, options: Options) -> Row:
        visible = {key: value for key, value in row.items() if not key.startswith("_")}
        select = options.params.get("$select")
        if not select:
            return visible
        wanted = [part.strip() for part in select.split(",")]
        for part in wanted:
            if part not in self._names(name):
                raise unknown_property(part, self._type(name))
        return {part: visible.get(part) for part in wanted}

    def _names(self, name: str) -> frozenset[str]:
        if self._user_table(name):
            return frozenset({"Code", "Name"})
        names = names_of(TYPES[name])
        return names | self._fields() if name == "JournalEntries" else names

    @staticmethod
    def _type(name: str) -> str:
        return TYPES.get(name, name)

    def _fields(self) -> frozenset[str]:
        return frozenset(self._visible_fields)

    # --- writes ----------------------------------------------------------------------------------------------------

    def _create(self, name: str, body: Any) -> Answer:
        if not isinstance(body, dict):
            raise Refusal(-1000, "Invalid JSON body")
        if name in _READ_ONLY:
            raise Refusal(-5006, "The requested action is not supported for this object.")
        with self.store.transaction():
            row, key = self._created(name, body)
        quoted = key if key.isdigit() and name == "JournalEntries" else f"'{key}'"
        visible = {key: value for key, value in row.items() if not key.startswith("_")}
        return Answer(201, value=visible, location=f"{name}({quoted})", context=f"{name}/$entity")

    def _created(self, name: str, body: dict[str, Any]) -> tuple[Row, str]:
        if name == "JournalEntries":
            row = journal_entries.post(self.store, body, self._fields())
            return row, str(row["JdtNum"])
        if name == "BusinessPartners":
            row = business_partners.post(self.store, body)
            return row, str(row["CardCode"])
        if name == "UserTablesMD":
            return self._new_table(body)
        if name == "UserFieldsMD":
            return self._new_field(body)
        if self._user_table(name):
            return self._new_guard_row(name, body)
        raise Refusal(-5006, "The requested action is not supported for this object.")

    def _new_guard_row(self, name: str, body: dict[str, Any]) -> tuple[Row, str]:
        for property_ in body:
            if property_ not in ("Code", "Name"):
                raise unknown_property(property_, name)
        code, label = body.get("Code"), body.get("Name")
        if not code or not label:
            raise invalid(f"Enter a code and a name  [@{name.removeprefix('U_')}.Code]")
        if len(code) > 50:
            raise invalid(f"Value too long in property 'Code' of '{name}'")
        is_there = self.store.get(name, code) is not None
        if is_there and not self.allows_duplicate_guard_rows:
            raise exists()
        self.store.put(name, code, {"Code": code, "Name": label})
        return {"Code": code, "Name": label}, code

    def _new_table(self, body: dict[str, Any]) -> tuple[Row, str]:
        check_body(body, "UserTablesMD")
        name = str(body.get("TableName", "")).upper()
        if not name or len(name) > 19:
            raise invalid("Table name is missing or longer than 19 characters  [OUTB.TableName]")
        if self.store.get("UserTablesMD", name) is not None:
            raise exists()
        self.store.put("UserTablesMD", name, {**body, "TableName": name})
        if not self.needs_restart:
            self._visible_tables.add(name)
        return {**body, "TableName": name}, name

    def _new_field(self, body: dict[str, Any]) -> tuple[Row, str]:
        check_body(body, "UserFieldMD")
        key = f"{body.get('TableName')}.{body.get('Name')}"
        if self.store.get("UserFieldsMD", key) is not None:
            raise exists()
        row = {**body, "FieldID": self.store.next_number("FieldID", 0)}
        self.store.put("UserFieldsMD", key, row)
        if not self.needs_restart:
            self._visible_fields.add(f"U_{body.get('Name')}")
        return row, key

    # --- services --------------------------------------------------------------------------------------------------

    def _services(self) -> dict[str, Callable[[dict[str, Any]], Answer]]:
        return {
            "CompanyService_GetAdminInfo": lambda _: Answer(200, value=self._company(), context="AdminInfo"),
            "CompanyService_GetCompanyInfo": lambda _: Answer(200, value=self._info(), context="CompanyInfo"),
            "CompanyService_GetPeriods": lambda _: Answer(
                200, rows=[{"AbsoluteEntry": 1}], context="Collection(SAPB1.PeriodCategoryParams)"
            ),
            "CompanyService_GetFinancePeriods": self._periods,
            "SBOBobService_GetCurrencyRate": self._rate,
            "SBOBobService_SetCurrencyRate": self._set_rate,
            "SBOBobService_GetLocalCurrency": lambda _: Answer(200, value=self._company()["LocalCurrency"]),
            "SeriesService_GetDefaultSeries": self._series,
        }

    def _company(self) -> Row:
        return self.store.get("_company", "company") or {}

    def _info(self) -> Row:
        return self.store.get("_company", "info") or {}

    def _periods(self, body: dict[str, Any]) -> Answer:
        if body.get("PeriodCategoryParams", {}).get("AbsoluteEntry") != 1:
            raise not_found()
        return Answer(200, rows=self.store.all("_periods"), context="Collection(SAPB1.FinancePeriod)")

    def _rate(self, body: dict[str, Any]) -> Answer:
        day = str(body.get("Date", ""))
        day = day[:10] if "-" in day else f"{day[:4]}-{day[4:6]}-{day[6:8]}"
        if body.get("Currency") == self._company()["LocalCurrency"]:
            raise Refusal(-5002, "Local currency has no exchange rate")
        row = self.store.get("_rates", f"{body.get('Currency')} {day}")
        if row is None:
            raise Refusal(-4006, "Update the exchange rate")
        return Answer(200, value=row["Rate"])

    def _set_rate(self, body: dict[str, Any]) -> Answer:
        day = str(body.get("RateDate", ""))
        day = day[:10] if "-" in day else f"{day[:4]}-{day[4:6]}-{day[6:8]}"
        self.store.put("_rates", f"{body.get('Currency')} {day}", {"Rate": str(body.get("Rate"))})
        return Answer(204)

    def _series(self, body: dict[str, Any]) -> Answer:
        row = self.store.get("_series", "supplier")
        if row is None or body.get("DocumentTypeParams", {}).get("Document") != "2":
            raise Refusal(-10, "Define the numbering series")
        return Answer(200, value=row, context="Series")
