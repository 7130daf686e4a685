"""What can go wrong between a client and SAP, switched on by name, for so many times, where it matches."""

import threading
from dataclasses import dataclass, fields
from typing import Any

FAULTS = {
    "session_expiry": "401 with code 301, and the session is gone; nothing was executed",
    "session_expiry_304": "400 with code -304, and the session is gone; nothing was executed",
    "login_refused": "401, wrong credentials",
    "user_locked": "401, user locked",
    "not_permitted_403": "403, the user lacks the authorisation; nothing was executed",
    "gateway_502_before": "the balancer's HTML; nothing was executed",
    "gateway_502_after": "the balancer's HTML, after the commit",
    "service_unavailable_503": "503 of the balancer; nothing was executed",
    "empty_500": "500 without a body; nothing was executed",
    "empty_500_after": "500 without a body, after the commit",
    "cut_before": "the connection ends without an answer; nothing was executed",
    "cut_during": "the connection ends in the middle of the answer, after the commit",
    "cut_after": "the connection ends without an answer, after the commit",
    "slow_commit": "executes at once, answers after `seconds`",
    "late_commit": "executes only after `seconds`, also when the client has gone",
    "slow_transaction": "a change set stands open for `seconds` after its first operation",
    "refused_at_commit": "a change set is refused (-1116) and rolled back after `seconds`, when all of it was executed",
    "worker_crash_in_batch": "502 in the middle of a batch: the first change set is committed, the rest is not",
    "slow_loris": "the answer comes byte by byte, after the commit",
    "truncated_json": "200 with half of the body, after the commit",
    "html_200": "200 with the page of another system; nothing was executed",
    "stale_keep_alive": "answers, and closes the socket in silence",
}
BROKEN_COMPANIES = {
    "change_set_not_atomic": "what a change set did before it failed stays",
    "duplicate_guard_rows_accepted": "a user table takes a code twice",
    "user_table_missing": "user tables are not there",
}
"""Lasting states of a company whose Service Layer does not keep what the guard needs."""

_OF_LOGINS = ("login_refused", "user_locked")
_OF_BATCHES = ("slow_transaction", "refused_at_commit", "worker_crash_in_batch")
_OF_WRITES = (
    "gateway_502_after",
    "empty_500_after",
    "cut_during",
    "cut_after",
    "slow_commit",
    "late_commit",
    "slow_loris",
    "truncated_json",
)
_KINDS: dict[str, tuple[type, ...]] = {
    "times": (int,),
    "after": (int,),
    "seconds": (int, float),
    "only_writes": (bool,),
}
_SECONDS = {"slow_commit": 15.0, "late_commit": 15.0, "slow_transaction": 15.0}
"""Longer than the time-out of the sandbox's configuration."""


@dataclass
class ArmedFault:
    """`times` more times, after `after` requests that match have passed unharmed.

    Without `method` and `path` it strikes what it makes a difference to: logins, batches, or writes.
    """

    name: str
    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    only_writes: bool = False

    def matches(self, method: str, path: str) -> bool:
        """By method, and by a part of the path."""
        is_login = path.endswith("/Login")
        if self.name in _OF_LOGINS:
            return is_login
        if is_login or path.endswith("/Logout"):
            return bool(self.path) and self.path in path
        if self.only_writes and (method == "GET" or "Service_" in path):
            return False
        return (not self.method or method == self.method) and self.path in path


def armed(values: dict[str, Any]) -> ArmedFault:
    """A fault as people ask for it: by name, with a place and seconds that make sense where none are given.

    Raises `ValueError`, with what can be asked for.
    """
    known = {field.name: field for field in fields(ArmedFault)}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"{', '.join(unknown)}: a fault has {', '.join(known)}")
    name = values.get("name")
    if name not in FAULTS:
        raise ValueError(f"{name} is none of {', '.join(FAULTS)}")
    wrong = [one for one, value in values.items() if type(value) not in _KINDS.get(one, (str,))]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: times, after and seconds are numbers, only_writes is true or false")
    place: dict[str, Any] = {}
    if "path" not in values and "method" not in values:
        place = {"method": "POST", "path": "$batch"} if name in _OF_BATCHES else {"only_writes": name in _OF_WRITES}
    return ArmedFault(**{"seconds": _SECONDS.get(str(name), 0.0), **place, **values})


class Faults:
    """Armed faults of one server; safe for its threads."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._lock = threading.Lock()
        self.struck: list[str] = []

    @property
    def armed(self) -> list[ArmedFault]:
        """What may still strike."""
        with self._lock:
            return [fault for fault in self._armed if fault.times > 0]

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
