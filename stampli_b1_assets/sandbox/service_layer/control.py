"""The simulator's control endpoint: faults, the request log, and what a person would do in SAP's own client.

| request | body, with an example | does |
| --- | --- | --- |
| `GET /requests` | | the requests so far, with the fault that struck each |
| `GET /entries` | | the journal entries |
| `GET /faults` | | what is known, armed, and has struck; the lasting states that are on; the seconds that things take |
| `POST /faults` | `{"name": "slow_commit", "path": "$batch", "times": 2, "after": 1, "seconds": 20}` | arms one |
| `DELETE /faults` | | disarms all |
| `POST /company` | `{"restart_needed": true}` | switches lasting states on and off |
| `POST /timing` | `{"seconds_per_login": 3, "seconds_per_write": 0.2}` | makes it as slow as SAP |
| `POST /periods` | `{"code": "2026-02", "status": "ltUnlocked"}` | opens or closes a period |
| `POST /rates` | `{"currency": "EUR", "date": "2026-04-04", "rate": "1.0825"}` | sets an exchange rate |
| `POST /rows` | `{"set": "ChartOfAccounts", "key": "006999", "row": {"FrozenFor": "tNO"}}` | changes master data |
| `POST /cancel` | `{"jdt_num": 5001}` | cancels an entry |
| `POST /restart` | | restarts the Service Layer: sessions end, new tables and fields are seen |
| `POST /sessions/end` | | ends all sessions |
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from stampli_b1_assets.sandbox.service_layer.addresses import KEYS
from stampli_b1_assets.sandbox.service_layer.application import Application
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS, armed
from stampli_b1_assets.sandbox.service_layer.habits import HABITS
from stampli_b1_assets.sandbox.service_layer.properties import members_of
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

Json = Any
_SECONDS = ("seconds_per_login", "seconds_per_request", "seconds_per_write")
_LONGEST_SECONDS = 3600


class Control:
    """Requests on the control port; answers are (status, JSON)."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def handle(self, method: str, path: str, content: bytes) -> tuple[int, Json]:
        """One request."""
        actions: dict[tuple[str, str], Callable[[dict[str, Any]], Json]] = {
            ("GET", "/requests"): lambda _: [asdict(line) for line in self._application.log],
            ("GET", "/entries"): lambda _: self._application.company.store.entries(),
            ("GET", "/faults"): self._faults,
            ("POST", "/faults"): self._arm,
            ("DELETE", "/faults"): self._disarm,
            ("POST", "/company"): self._company,
            ("POST", "/timing"): self._timing,
            ("POST", "/periods"): self._period,
            ("POST", "/rates"): self._rate,
            ("POST", "/rows"): self._row,
            ("POST", "/cancel"): self._cancel,
            ("POST", "/restart"): self._restart,
            ("POST", "/sessions/end"): self._end_sessions,
        }
        action = actions.get((method, path))
        if action is None:
            known = [" ".join(one) for one in actions]
            return 404, {"error": f"There is no {method} {path} here.", "known": known}
        try:
            body = json.loads(content or b"{}")
        except ValueError:
            return 400, {"error": "The body is no JSON."}
        try:
            return 200, action(body if isinstance(body, dict) else {})
        except KeyError as missing:
            return 400, {"error": f"{missing.args[0]} is missing, or not known."}
        except (TypeError, ValueError, Refusal) as error:
            return 400, {"error": str(error)}

    def _faults(self, _: dict[str, Any]) -> Json:
        faults = self._application.faults
        return {
            "known": FAULTS,
            "states": BROKEN_COMPANIES | HABITS,
            "armed": [asdict(fault) for fault in faults.armed],
            "struck": faults.struck,
            "on": self._application.states,
            "timing": self._seconds(),
        }

    def _arm(self, body: dict[str, Any]) -> Json:
        if body.get("name") in (*BROKEN_COMPANIES, *HABITS):
            return self._company({str(body["name"]): True})
        fault = armed(body)
        self._application.faults.arm(fault)
        return {"armed": asdict(fault)}

    def _disarm(self, _: dict[str, Any]) -> Json:
        self._application.faults.clear()
        return {"armed": []}

    def _company(self, body: dict[str, Any]) -> Json:
        for name, is_on in body.items():
            self._application.switch(name, is_on=bool(is_on))
        return {"on": self._application.states}

    def _timing(self, body: dict[str, Any]) -> Json:
        for name, seconds in body.items():
            if name not in _SECONDS or isinstance(seconds, bool) or not 0 <= float(seconds) <= _LONGEST_SECONDS:
                raise ValueError(f"{name}: {', '.join(_SECONDS)} take seconds from 0 to {_LONGEST_SECONDS}")
        for name, seconds in body.items():
            setattr(self._application, name, float(seconds))
        return self._seconds()

    def _seconds(self) -> Json:
        return {name: getattr(self._application, name) for name in _SECONDS}

    def _period(self, body: dict[str, Any]) -> Json:
        store = self._application.company.store
        row = store.get("_periods", body["code"])
        if row is None:
            raise KeyError(body["code"])
        known = members_of("PeriodStatusEnum")
        if body["status"] not in known:
            raise ValueError(f"{body['status']} is none of {', '.join(known)}")
        store.put("_periods", body["code"], {**row, "PeriodStatus": body["status"]})
        return body

    def _rate(self, body: dict[str, Any]) -> Json:
        key, rate = f"{body['currency']} {body['date']}", str(body["rate"])
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", rate):
            raise ValueError(f"{rate} is no rate")
        self._application.company.store.put("_rates", key, {"Rate": rate})
        return body

    def _row(self, body: dict[str, Any]) -> Json:
        store = self._application.company.store
        if body["set"] not in (*KEYS, "_company", "_series") and not body["set"].startswith("U_"):
            raise ValueError(f"{body['set']} is none of {', '.join(KEYS)}")
        store.put(body["set"], body["key"], {**(store.get(body["set"], body["key"]) or {}), **body["row"]})
        return body

    def _cancel(self, body: dict[str, Any]) -> Json:
        company = self._application.company
        with company.store.transaction():
            company.cancel(int(body["jdt_num"]))
        return body

    def _restart(self, _: dict[str, Any]) -> Json:
        self._application.company.restart()
        return self._end_sessions({})

    def _end_sessions(self, _: dict[str, Any]) -> Json:
        self._application.sessions.end_all()
        return {"sessions": 0}
