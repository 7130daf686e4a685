"""One process at a time works on one company, and the dead do not keep the living waiting."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from stampli_b1_assets.errors import LeaseHeld
from stampli_b1_assets.ledger import lease as lease_module
from stampli_b1_assets.ledger.lease import LIFETIME, Process
from stampli_b1_assets.ledger.ledger import Ledger

_HOLDER = """
import sys
from stampli_b1_assets.ledger.ledger import Ledger
with Ledger.open(sys.argv[1], "northwind") as ledger, ledger.lease("the other one"):
    print("held", flush=True)
    sys.stdin.readline()
"""

_WORKER = """
import sys
from pathlib import Path
from stampli_b1_assets.ledger.ledger import Ledger
counter = Path(sys.argv[2])
with Ledger.open(sys.argv[1], "northwind") as ledger:
    for _ in range(15):
        with ledger.lease("worker", wait_seconds=120):
            counter.write_text(str(int(counter.read_text()) + 1))
"""


@pytest.fixture
def holder(url, ledger):
    """Another process that has the lease."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def holders(sql) -> list[str]:
    return [row.owner for row in sql("SELECT owner FROM leases")]


def test_it_is_given_back(ledger, sql):
    with ledger.lease("me"):
        assert holders(sql) == ["me"]
    assert holders(sql) == []
    with ledger.lease("me again"):
        pass


def test_it_is_given_back_when_the_work_fails(ledger, sql):
    with pytest.raises(ZeroDivisionError), ledger.lease("me"):
        raise ZeroDivisionError
    assert holders(sql) == []


def test_a_live_process_keeps_it(holder, ledger):
    with pytest.raises(LeaseHeld, match=rf"the other one \(process {holder.pid} on .*Wait until it is done"):
        ledger.lease("me").__enter__()


def test_also_within_one_process(ledger, url, clock):
    with Ledger.open(url, "northwind", clock=clock) as again, ledger.lease("me"), pytest.raises(LeaseHeld, match="me "):
        again.lease("me too").__enter__()


def test_other_companies_have_their_own(ledger, url):
    with Ledger.open(url, "southwind") as other, ledger.lease("me"), other.lease("you"):
        pass


@pytest.mark.parametrize("is_reaped", [True, False], ids=["gone", "zombie"])
def test_a_killed_process_loses_it_at_once(holder, ledger, sql, is_reaped):
    holder.send_signal(signal.SIGKILL)
    if is_reaped:
        holder.wait()
    else:
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    with ledger.lease("me"):
        assert holders(sql) == ["me"]
    (record,) = (one for one in ledger.audit.export() if one.event == "lease.taken_over")
    assert '"owner":"the other one"' in record.data


def test_who_waits_gets_it_when_it_is_given_back(holder, ledger, sql):
    threading.Timer(0.5, lambda: (holder.stdin.write("\n"), holder.stdin.flush())).start()
    with ledger.lease("me", wait_seconds=60):
        assert holders(sql) == ["me"]


def test_who_waits_too_short_does_not(holder, ledger):
    with pytest.raises(LeaseHeld):
        ledger.lease("me", wait_seconds=0.5).__enter__()


class TestElsewhere:
    """A process of another machine (or container, or of the time before a reboot) cannot be looked at."""

    @pytest.fixture(autouse=True)
    def held_elsewhere(self, ledger, sql):
        lease = ledger.lease("far away")
        lease._process = replace(Process.this(), host="elsewhere/boot/pid:[1]", pid=1)
        assert lease._try() is None

    def test_it_keeps_the_lease_as_long_as_it_is_renewed(self, ledger, clock):
        clock.advance(seconds=LIFETIME.total_seconds() - 30)
        with pytest.raises(LeaseHeld, match="process 1 on elsewhere"):
            ledger.lease("me").__enter__()

    def test_and_loses_it_when_it_ends(self, ledger, clock, sql):
        clock.advance(seconds=LIFETIME.total_seconds() + 1)
        with ledger.lease("me"):
            assert holders(sql) == ["me"]


class TestRenewal:
    def test_it_moves_the_end_on(self, ledger, clock, url):
        with ledger.lease("me") as lease, Ledger.open(url, "northwind", clock=clock) as other:
            for _ in range(3):
                clock.advance(minutes=8)
                lease.renew()
                with pytest.raises(LeaseHeld):
                    other.lease("you").__enter__()

    def test_it_happens_by_itself(self, ledger, clock, sql, monkeypatch):
        renewed = threading.Event()
        original = lease_module.Lease.renew
        monkeypatch.setattr(lease_module, "_RENEW_EVERY", 0.01)
        monkeypatch.setattr(lease_module.Lease, "renew", lambda self: (original(self), renewed.set()))
        with ledger.lease("me"):
            assert renewed.wait(30)
        assert holders(sql) == []

    def test_who_lost_it_is_told_and_leaves_the_new_holder_alone(self, ledger, clock, url, sql):
        with Ledger.open(url, "northwind", clock=clock) as other:
            first = ledger.lease("me")
            with first:
                clock.advance(minutes=11)
                second = other.lease("you")
                with second:
                    with pytest.raises(LeaseHeld, match="was lost"):
                        first.renew()
                    first.__exit__(None, None, None)
                    assert holders(sql) == ["you"]


class TestProcess:
    def test_this_one_lives(self):
        assert not Process.this().is_dead

    def test_a_number_used_again_is_somebody_else(self):
        assert replace(Process.this(), start="1").is_dead

    def test_a_free_number_is_dead(self):
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            pass
        assert replace(Process.this(), pid=process.pid).is_dead

    def test_of_another_machine_nothing_is_known(self):
        assert not replace(Process.this(), host="elsewhere", pid=2**22 + 1).is_dead


@pytest.mark.slow
def test_processes_never_work_at_once(url, ledger, tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")
    workers = [subprocess.Popen([sys.executable, "-c", _WORKER, url, str(counter)]) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert counter.read_text() == "45"
