"""What can go wrong between a client and SAP, switched on by name, for so many times, where it matches.

| fault | what happens | is it committed |
| --- | --- | --- |
| session_expiry | 401/301, and the session is gone | no |
| gateway_502_before | the balancer's HTML, nothing was executed | no |
| gateway_502_after | the balancer's HTML, after the commit | yes |
| cut_before | the connection ends without an answer, nothing was executed | no |
| cut_during | the connection ends in the middle of the answer | yes |
| cut_after | the connection ends without an answer, after the commit | yes |
| slow_commit | executes at once, answers after `seconds` | yes |
| late_commit | executes only after `seconds`, also when the client has gone | yes, later |
| worker_crash_in_batch | 502 in the middle of a batch: the first change set is committed, the rest is not | in part |
| service_unavailable_503 | 503 of the balancer, nothing was executed | no |
| login_refused | 401, wrong credentials | no |
| user_locked | 401, user locked | no |
| slow_loris | the answer comes byte by byte | yes |
| truncated_json | 200 with half of the body | yes |
| stale_keep_alive | answers, and closes the socket in silence | yes |
| empty_500 | 500 without a body, before anything was executed | no |
| empty_500_after | 500 without a body, after the commit | yes |
| html_200 | 200 with HTML, as a captive proxy does | no |
"""

import threading
from dataclasses import dataclass

FAULTS = (
    "session_expiry",
    "gateway_502_before",
    "gateway_502_after",
    "cut_before",
    "cut_during",
    "cut_after",
    "slow_commit",
    "late_commit",
    "worker_crash_in_batch",
    "service_unavailable_503",
    "login_refused",
    "user_locked",
    "slow_loris",
    "truncated_json",
    "stale_keep_alive",
    "empty_500",
    "empty_500_after",
    "html_200",
)
BROKEN_COMPANIES = ("change_set_not_atomic", "duplicate_guard_rows_accepted", "user_table_missing")
"""Lasting states of a company whose Service Layer does not keep what the guard needs."""


@dataclass
class ArmedFault:
    """`times` more times, after `after` requests that match have passed unharmed."""

    name: str
    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0
    seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """By method, and by a part of the path."""
        is_login = path.endswith("/Login")
        if self.name in ("login_refused", "user_locked"):
            return is_login
        if is_login or path.endswith("/Logout"):
            return bool(self.path) and self.path in path
        return (not self.method or method == self.method) and self.path in path


class Faults:
    """Armed faults of one server; safe for its threads."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._lock = threading.Lock()
        self.struck: list[str] = []

    def arm(self, fault: ArmedFault) -> None:
        """Let it happen; unknown names are refused."""
        if fault.name not in FAULTS:
            raise ValueError(f"{fault.name} is none of {', '.join(FAULTS)}")
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Nothing fails any more."""
        with self._lock:
            self._armed.clear()

    def strike(self, method: str, path: str) -> ArmedFault | None:
        """The fault of this request, counted down."""
        with self._lock:
            for fault in self._armed:
                if fault.times <= 0 or not fault.matches(method, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                self.struck.append(fault.name)
                return fault
        return None
