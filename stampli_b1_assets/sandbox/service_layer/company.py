"""One company behind the Service Layer: entity sets, services and writes, without HTTP."""

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import simplejson

from stampli_b1_assets.sandbox.service_layer import addresses, business_partners, journal_entries, user_objects
from stampli_b1_assets.sandbox.service_layer.addresses import KEYS, Address
from stampli_b1_assets.sandbox.service_layer.properties import TYPES, completed, types_of
from stampli_b1_assets.sandbox.service_layer.query import Grammar, check_selected, compile_filter, order, simple_equals
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, bad_query, exists, not_found, not_supported
from stampli_b1_assets.sandbox.service_layer.services import Services
from stampli_b1_assets.sandbox.service_layer.store import INDEXED, Reads, Row, Store

_USELESS_ETAG = 'W/"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"'
_LIST_OPTIONS = frozenset({"$filter", "$select", "$orderby", "$top", "$skip"})


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
    etag: str = ""


@dataclass
class Options:
    """Headers and query options that matter."""

    params: dict[str, str] = field(default_factory=dict)
    page_size: int = 20
    replaces_collections: bool = False
    count_option: tuple[str, str] = ("$count", "true")
    """The dialect's own way to ask for a count."""
    if_match: str = ""
    is_v2: bool = True
    ignores_case: bool = False


class Company:
    """Requests on one company database. `needs_restart`: new tables and fields stay invisible until `restart`."""

    def __init__(self, store: Store, *, needs_restart: bool = False) -> None:
        self.store = store
        self.needs_restart = needs_restart
        self.allows_duplicate_guard_rows = False
        self.hides_user_tables = False
        self.habits: set[str] = set()
        self._services = Services(store)
        self._visible_tables: set[str] = set()
        self._visible_fields: set[str] = set()
        self.restart()

    def restart(self) -> None:
        """Make new user tables and fields visible, as a restart of the Service Layer does."""
        tables = filter(user_objects.has_entity_set, self.store.all("UserTablesMD"))
        self._visible_tables = {row["TableName"] for row in tables}
        self._visible_fields = {
            f"U_{row['Name']}" for row in self.store.all("UserFieldsMD") if row["TableName"] == "OJDT"
        }

    def switch(self, habit: str, *, is_on: bool) -> None:
        """One of `habits.HABITS`."""
        self.habits = self.habits | {habit} if is_on else self.habits - {habit}
        if habit == "restart_needed":
            self.needs_restart = is_on
        self.store.ignores_case = "text_ignores_case" in self.habits
        if "reads_see_open_transactions" in self.habits:
            self.store.reads = Reads.SEE_OPEN
        else:
            self.store.reads = Reads.SEE_LAST_COMMIT if "reads_see_last_commit" in self.habits else Reads.WAIT

    # --- one request -------------------------------------------------------------------------------------------

    def handle(self, method: str, path: str, body: Any, options: Options) -> Answer:
        """One request outside or inside a batch; raises `Refusal`."""
        if called := self._services.called(method, path, is_v2=options.is_v2):
            name, params = called
            return self._answered(name, body if params is None else params)
        if path.endswith("/$count"):
            return self._counted(method, path.removesuffix("/$count"), options)
        address = addresses.read(path, lambda name: user_objects.is_numbered(self.store, name))
        self._check_set(address.entity_set)
        if address.key is not None:
            return self._keyed(method, address, body, options)
        if method == "GET":
            return self._list(address.entity_set, options)
        if method == "POST":
            return self._create(address.entity_set, body)
        raise not_supported()

    def _answered(self, service: str, body: Any) -> Answer:
        result = self._services.call(service, body)
        if result.is_done:
            return Answer(204)
        return Answer(200, value=result.value, rows=result.rows, context=result.context)

    def _counted(self, method: str, name: str, options: Options) -> Answer:
        self._check_set(name)
        if method != "GET":
            raise not_supported()
        _check_options(name, options.params, {"$filter"})
        return Answer(200, plain=str(len(self._filtered(name, options))))

    def _check_set(self, name: str) -> None:
        if name not in KEYS and not self._is_user_table(name):
            raise Refusal(-1002, f"Service Not Found: '{name}'")

    def _is_user_table(self, name: str) -> bool:
        is_visible = name.removeprefix("U_") in self._visible_tables and not self.hides_user_tables
        return name.startswith("U_") and is_visible

    def _keyed(self, method: str, address: Address, body: Any, options: Options) -> Answer:
        name, key, action = address.entity_set, address.key or (), address.action
        row = self._row(name, key)
        if action is None and method in ("GET", "PATCH", "PUT", "DELETE"):
            if row is None:
                raise not_found()
            if method == "GET":
                _check_options(name, options.params, {"$select"})
                value = self._selected(row, name, options)
                etag = _etag(row, name, options)
                return Answer(200, value=value, context=f"{name}/$entity", etag=etag)
            if options.if_match not in ("", "*", _etag(row, name, Options())):
                raise Refusal(-2039, "Another user or another operation modified data; to continue, open again", 412)
            return self._change(method, name, key, body, options)
        if (name, action, method) != ("JournalEntries", "Cancel", "POST"):
            raise not_supported()
        with self.store.transaction():
            self.cancel(int(key[0]))
        return Answer(204)

    def cancel(self, jdt_num: int) -> None:
        """Cancel an entry, as a person does in SAP's own client."""
        keeps = {"keeps_user_fields": True} if "reversals_keep_user_fields" in self.habits else {}
        journal_entries.cancel(self.store, jdt_num, **keeps)

    def _change(self, method: str, name: str, key: tuple[str, ...], body: Any, options: Options) -> Answer:
        replaces = options.replaces_collections
        with self.store.transaction():
            if (method, name) == ("PATCH", "JournalEntries"):
                journal_entries.patch(self.store, int(key[0]), body, self._fields())
            elif (method, name) == ("PATCH", "BusinessPartners"):
                business_partners.patch(self.store, key[0], body, replaces_collections=replaces)
            elif (method, name) == ("PUT", "BusinessPartners"):
                business_partners.put(self.store, key[0], body)
            elif (method, name) == ("DELETE", "BusinessPartners"):
                business_partners.delete(self.store, key[0])
            elif method == "DELETE" and self._is_user_table(name):
                self.store.delete(name, key[0])
            elif method == "PATCH" and self._is_user_table(name):
                user_objects.patch_row(self.store, name, key[0], body)
            else:
                raise not_supported()
        return Answer(204)

    def _row(self, name: str, key: tuple[str, ...]) -> Row | None:
        if name == "JournalEntries":
            return self.store.entry(int(key[0]))
        if name == "UserFieldsMD":
            return user_objects.field_of(self.store, key[0], key[1])
        return self.store.get(name, key[0])

    # --- reads ---------------------------------------------------------------------------------------------------

    def _list(self, name: str, options: Options) -> Answer:
        params = options.params
        count_name, count_value = options.count_option
        _check_options(name, params, _LIST_OPTIONS | {count_name})
        rows = self._filtered(name, options)
        count = len(rows) if params.get(count_name) == count_value else None
        rows = order(rows, params.get("$orderby", KEYS.get(name, ("Code",))[0]), self._types(name), self._type(name))
        if "$select" in params:
            check_selected(params["$select"], self._types(name), self._type(name))
        skip, top = _number(params, "$skip"), _number(params, "$top", len(rows) + 1)
        size = options.page_size or len(rows) or 1
        page = rows[skip : skip + min(size, top)]
        has_more = skip + len(page) < len(rows) and top > size
        return Answer(
            200,
            rows=[self._selected(row, name, options) for row in page],
            next_skip=skip + len(page) if has_more else None,
            count=count,
            context=name,
        )

    def _filtered(self, name: str, options: Options) -> list[Row]:
        text = options.params.get("$filter", "")
        ignores_case = options.ignores_case or self.store.ignores_case
        grammar = Grammar(self._types(name), self._type(name), not options.is_v2, ignores_case)
        predicate = compile_filter(text, grammar) if "$filter" in options.params else None
        if name == "JournalEntries":
            simple = simple_equals(text) if not ignores_case else None
            rows = self.store.entries(*simple) if simple and simple[0] in INDEXED else self.store.entries()
        else:
            rows = self.store.all(name)
        return [row for row in rows if predicate is None or predicate(row)]

    def _selected(self, row: Row, name: str, options: Options) -> Row:
        select = options.params.get("$select")
        if select is None:
            return self._whole(row, name)
        wanted = check_selected(select, self._types(name), self._type(name))
        whole = self._whole(row, name)
        return {part: whole.get(part) for part in wanted}

    def _whole(self, row: Row, name: str) -> Row:
        if name not in TYPES:
            return {column: row.get(column) for column in self._types(name)}
        return completed(row, TYPES[name], self._fields() if name == "JournalEntries" else None)

    def _types(self, name: str) -> dict[str, str]:
        if name not in TYPES:
            is_numbered = user_objects.is_numbered(self.store, name)
            return user_objects.NUMBERED_COLUMNS if is_numbered else user_objects.COLUMNS
        return {**types_of(TYPES[name]), **(self._fields() if name == "JournalEntries" else {})}

    @staticmethod
    def _type(name: str) -> str:
        return TYPES.get(name, name)

    def _fields(self) -> dict[str, str]:
        return dict.fromkeys(sorted(self._visible_fields), "String")

    def check_unused(self, method: str, path: str, body: Any) -> None:
        """Refuse a row of a user table whose code is taken, also by a transaction that stands open."""
        code = body.get("Code") if isinstance(body, dict) else None
        if method == "POST" and self._is_user_table(path) and isinstance(code, str) and self.store.get(path, code):
            raise exists()

    # --- writes ----------------------------------------------------------------------------------------------------

    def _create(self, name: str, body: Any) -> Answer:
        with self.store.transaction():
            row = self._created(name, body)
        key = tuple(str(row[part]) for part in KEYS.get(name, ("Code",)))
        is_numbered = user_objects.is_numbered(self.store, name)
        location = f"{name}({key[0]})" if is_numbered else addresses.location(name, key)
        etag = _etag(row, name, Options())
        return Answer(201, value=self._whole(row, name), location=location, context=f"{name}/$entity", etag=etag)

    def _created(self, name: str, body: Any) -> Row:
        if name == "JournalEntries":
            return journal_entries.post(self.store, body, self._fields())
        if name == "BusinessPartners":
            return business_partners.post(self.store, body)
        if self._is_user_table(name):
            return user_objects.new_row(self.store, name, body, allows_duplicates=self.allows_duplicate_guard_rows)
        if name == "UserTablesMD":
            row = user_objects.new_table(self.store, body)
            if not self.needs_restart and user_objects.has_entity_set(row):
                self._visible_tables.add(row["TableName"])
            return row
        if name == "UserFieldsMD":
            row = user_objects.new_field(self.store, body)
            if not self.needs_restart and row["TableName"] == "OJDT":
                self._visible_fields.add(f"U_{row['Name']}")
            return row
        raise not_supported()


def _check_options(name: str, params: dict[str, str], allowed: AbstractSet[str]) -> None:
    """Lines are no navigation property, so nothing can be expanded (seen live); other options are refused (201)."""
    if "$expand" in params:
        raise Refusal(201, f"Navigation property '{params['$expand']}' of '{name}' is invalid")
    unknown = [one for one in params if one.startswith("$") and one not in allowed]
    if unknown:
        raise bad_query(unknown[0])


def _number(params: dict[str, str], name: str, default: int = 0) -> int:
    text = params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise bad_query(f"{name}={text}")
    return int(text)


def _etag(row: Row, name: str, options: Options) -> str:
    """Partners have one, journal entries do not (documented); that of a selection is useless (seen live)."""
    if name != "BusinessPartners":
        return ""
    if "$select" in options.params:
        return _USELESS_ETAG
    content = simplejson.dumps(row, use_decimal=True, sort_keys=True).encode()
    return f'W/"{hashlib.sha1(content, usedforsecurity=False).hexdigest().upper()}"'
