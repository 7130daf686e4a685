"""Several threads and processes at one ledger, and transactions within transactions."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stampli_b1_assets.errors import AlreadyCommitted, LedgerUnusable
from stampli_b1_assets.ledger.ledger import Ledger

_INTENDER = """
import sys
from datetime import date
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.errors import B1OutcomeUnknown
from stampli_b1_assets.ledger.ledger import Ledger
day = date(2026, 4, 1)
with Ledger.open(sys.argv[1], "northwind") as ledger:
    for number in range(30):
        entry = JournalEntry(f"k{number}", day, day, day, "", "", "", "", (), 2)
        try:
            ledger.intents.write([entry], stampli_ids=["1"], mode="fallback")
            print(number)
        except B1OutcomeUnknown:
            pass
"""


def test_threads_share_a_ledger(ledger, invoice):
    def save(number: int) -> None:
        ledger.invoices.save([invoice(str(number), jdt_num=number)], cycle="c1")
        assert ledger.invoices.get(str(number)).jdt_num == number

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(save, range(40)))
    assert ledger.cycles.summary("c1").invoices["posted"] == 40
    assert ledger.audit.verify() == 41


def test_another_thread_sees_nothing_of_an_open_transaction(ledger, invoice):
    with ThreadPoolExecutor(1) as other, ledger.transaction():
        ledger.invoices.save([invoice("1")], cycle="c1")
        assert other.submit(ledger.invoices.get, "1").result() is None
        assert ledger.invoices.get("1") is not None
    assert ledger.invoices.get("1") is not None


def test_an_error_that_is_caught_undoes_only_its_own_part(ledger, invoice, entry):
    ledger.intents.resolve("k1", "committed", jdt_num=1, stampli_id="1")
    with ledger.transaction():
        ledger.invoices.save([invoice("1")], cycle="c1")
        with pytest.raises(AlreadyCommitted):
            ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded")
        with pytest.raises(TypeError):
            ledger.invoices.save([invoice("2"), invoice("3", content=1.5)], cycle="c1")
        ledger.invoices.save([invoice("4")], cycle="c1")
    assert list(ledger.invoices.get_many(["1", "2", "3", "4"])) == ["1", "4"]
    ledger.audit.verify()


def test_a_database_error_that_is_caught_does_too(ledger, invoice, sql):
    sql("DROP TABLE facts")
    with ledger.transaction():
        ledger.invoices.save([invoice("1")], cycle="c1")
        with pytest.raises(LedgerUnusable):
            ledger.facts.set("a", "b")
        ledger.invoices.save([invoice("2")], cycle="c1")
    assert len(ledger.invoices.all()) == 2
    ledger.audit.verify()


@pytest.mark.slow
def test_of_processes_that_intend_the_same_only_one_may(url, ledger: Ledger):
    processes = [
        subprocess.Popen([sys.executable, "-c", _INTENDER, url], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    written = [int(line) for process in processes for line in process.communicate()[0].split()]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(written) == list(range(30))
    assert {one.attempt for one in ledger.intents.unresolved().values()} == {1}
    ledger.audit.verify()
