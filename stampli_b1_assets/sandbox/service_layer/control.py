"""The simulator's control endpoint: faults, the request log, and what a person would do in SAP's own client.

`GET /requests`, `GET /entries`, `GET /faults`; `POST /faults` {"name", "method", "path", "times", "after", "seconds"};
`DELETE /faults`; `POST /company` {"change_set_not_atomic": true}; `POST /periods` {"code", "status"};
`POST /rates` {"currency", "date", "rate"}; `POST /rows` {"set", "key", "row"}; `POST /cancel` {"jdt_num"};
`POST /restart`; `POST /sessions/end`.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets.sandbox.service_layer.application import Application
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS, ArmedFault
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

Json = Any


class Control:
    """Requests on the control port; answers are (status, JSON)."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def handle(self, method: str, path: str, content: bytes) -> tuple[int, Json]:
        """One request."""
        actions: dict[tuple[str, str], Callable[[dict[str, Any]], Json]] = {
            ("GET", "/requests"): lambda _: [asdict(line) for line in self._application.log],
            ("GET", "/entries"): lambda _: self._application.company.store.entries(),
            ("GET", "/faults"): lambda _: {
                "known": [*FAULTS, *BROKEN_COMPANIES],
                "struck": self._application.faults.struck,
            },
            ("POST", "/faults"): self._arm,
            ("DELETE", "/faults"): lambda _: self._application.faults.clear(),
            ("POST", "/company"): self._company,
            ("POST", "/periods"): self._period,
            ("POST", "/rates"): self._rate,
            ("POST", "/rows"): self._row,
            ("POST", "/cancel"): self._cancel,
            ("POST", "/restart"): self._restart,
            ("POST", "/sessions/end"): lambda _: self._application.sessions.end_all(),
        }
        action = actions.get((method, path))
        if action is None:
            return 404, {"error": f"no {method} {path} here"}
        try:
            return 200, action(json.loads(content or b"{}"))
        except (KeyError, TypeError, ValueError, Refusal) as error:
            return 400, {"error": str(error)}

    def _faults(self, _: dict[str, Any]) -> Json:
        return {"known": [*FAULTS, *BROKEN_COMPANIES], "struck": self._application.faults.struck}

    def _arm(self, body: dict[str, Any]) -> Json:
        if body.get("name") in BROKEN_COMPANIES:
            return self._company({str(body["name"]): True})
        self._application.faults.arm(ArmedFault(**body))
        return {"armed": body["name"]}

    def _company(self, body: dict[str, Any]) -> Json:
        application = self._application
        if "change_set_not_atomic" in body:
            application.is_change_set_atomic = not body["change_set_not_atomic"]
        if "duplicate_guard_rows_accepted" in body:
            application.company.allows_duplicate_guard_rows = bool(body["duplicate_guard_rows_accepted"])
        if "user_table_missing" in body:
            application.company.hides_user_tables = bool(body["user_table_missing"])
        return body

    def _period(self, body: dict[str, Any]) -> Json:
        store = self._application.company.store
        row = store.get("_periods", body["code"])
        if row is None:
            raise KeyError(body["code"])
        store.put("_periods", body["code"], {**row, "PeriodStatus": body["status"]})
        return body

    def _rate(self, body: dict[str, Any]) -> Json:
        key = f"{body['currency']} {body['date']}"
        self._application.company.store.put("_rates", key, {"Rate": str(body["rate"])})
        return body

    def _row(self, body: dict[str, Any]) -> Json:
        store = self._application.company.store
        store.put(body["set"], body["key"], {**(store.get(body["set"], body["key"]) or {}), **body["row"]})
        return body

    def _cancel(self, body: dict[str, Any]) -> Json:
        store = self._application.company.store
        with store.transaction():
            journal_entries.cancel(store, int(body["jdt_num"]))
        return body

    def _restart(self, body: dict[str, Any]) -> Json:
        self._application.company.restart()
        self._application.sessions.end_all()
        return body
