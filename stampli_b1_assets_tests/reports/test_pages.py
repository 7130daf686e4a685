"""Pages: one file, no script, nothing loaded from anywhere, every text of others escaped."""

import re
from html.parser import HTMLParser

import pytest

from stampli_b1_assets.reports import evidence, reconciliation

EVIL = "<script>alert('x')</script> & \"quoted\""
ELEMENTS = set("html head meta title style body h1 h2 h3 p strong ul li table tr th td svg rect text".split())


class Reader(HTMLParser):
    """Elements, attributes and visible text; an element that is not closed in its place is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(filter(None, self.words))


def compared(**changes):
    sums = {"stampli": "100.00", "sap": "50.00", "difference": "50.00", "waiting": "7.00"}
    difference = {
        "stampli_id": "9001",
        "number": EVIL,
        "currency": "USD",
        "in_stampli": "100.00",
        "in_sap": "50.00",
        "detail": EVIL,
    }
    return {
        "company": "linden",
        "month": "",
        "posted": 1,
        "totals": {"USD": sums},
        "differences": [difference],
        **changes,
    }


class TestReconciliation:
    def test_foreign_texts_stay_texts(self):
        page = reconciliation.page([compared()])
        read = Reader(page)
        assert read.elements <= ELEMENTS
        assert read.text.count(EVIL) == 2
        assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("href", "src")]
        assert "url(" not in page
        assert "@import" not in page

    def test_the_numbers_and_the_words(self):
        text = Reader(reconciliation.page([compared()])).text
        assert "linden, all time 1 invoice posted. 1 difference." in text
        assert "Posted from Stampli 100.00 USD In SAP 50.00 USD Difference 50.00 USD" in text
        assert "Approved, waits to be posted 7.00 USD" in text
        two = Reader(reconciliation.page([compared(differences=compared()["differences"] * 2, posted=2)])).text
        assert "2 invoices posted. 2 differences." in two

    def test_both_agree(self):
        sums = {"stampli": "50.00", "sap": "50.00", "difference": "0.00", "waiting": "0.00"}
        page = reconciliation.page([compared(differences=[], totals={"USD": sums}, month="2026-04")])
        assert "linden, 2026-04" in page
        assert "Both sides agree in every invoice." in page
        assert 'class="money agree"' in page
        assert 'class="money differ"' not in page

    @pytest.mark.parametrize(
        ("stampli", "sap", "widths"),
        [("100.00", "50.00", ["100", "50"]), ("-30.00", "120.00", ["25", "100"]), ("0.00", "0.00", ["0", "0"])],
    )
    def test_bars_are_as_long_as_the_sums(self, stampli, sap, widths):
        sums = {"stampli": stampli, "sap": sap, "difference": "0.00", "waiting": "0.00"}
        page = reconciliation.page([compared(totals={"USD": sums})])
        assert re.findall(r'<rect[^>]* width="(\d+)"', page) == widths

    def test_several_companies_share_a_page(self):
        text = Reader(reconciliation.page([compared(), compared(company="birch")])).text
        assert "linden, all time" in text
        assert "birch, all time" in text

    def test_people_read_the_same_on_a_terminal(self, seen):
        text = seen(reconciliation.render(compared(differences=[])))
        assert text.endswith("Both sides agree in every invoice.")
        nameless = {**compared()["differences"][0], "number": "", "stampli_id": "", "detail": "Keyed by hand."}
        numbered = {**nameless, "number": "N-1"}
        text = seen(reconciliation.render(compared(differences=[nameless, numbered])))
        assert text.endswith("2 differences:\n  Keyed by hand.\n  N-1: Keyed by hand.")


def story(**changes):
    """What the ledger gathers of an id that was only ever decided on."""
    return {
        "company": "linden",
        "id": "9001",
        "invoice": None,
        "payment": None,
        "vendor": None,
        "versions": [],
        "files": [],
        "intents": [],
        "decisions": [],
        "audit": [],
        "audit_head": {"sequence": 0, "hash": "0" * 64},
        **changes,
    }


def version(**content):
    return {
        "file_name": "a.csv",
        "row": 2,
        "brought_at": "2026-05-04T10:00:00.5+00:00",
        "content_hash": str(content),
        "content": content,
    }


class TestEvidence:
    def test_of_something_that_was_never_counted(self, seen):
        text = seen(evidence.render(story()))
        assert text.startswith("# Document 9001 of linden\n\n## Where it stands\n- never counted\n")

    def test_contents_with_nothing_but_the_needed(self, seen):
        line = {"number": "1", "gl_account": "001300", "currency": "USD", "amount": None}
        content = {"type": "Invoice", "number": "N-1", "total": None, "status": "Paid Invoice", "lines": [line]}
        text = seen(evidence.render(story(versions=[version(**content)])))
        assert "- approved in Stampli by nobody named; status Paid Invoice" in text
        assert "- total none, tax none;" in text
        assert "- line 1: 001300 none" in text

    def test_a_version_that_could_not_be_read(self, seen):
        text = seen(evidence.render(story(versions=[version() | {"content": None}])))
        assert "a.csv row 2, 2026-05-04 10:00:00 UTC" in text

    def test_requests_tell_what_sap_said(self, seen):
        intent = {
            "key": "k" * 40,
            "kind": "invoice",
            "mode": "guarded",
            "jdt_num": None,
            "payload": None,
            "answer": "",
            "code": "-5002",
            "text": "Period locked",
            "written_at": "",
            "request_sha256": "",
            "response_sha256": "",
        }
        text = seen(evidence.render(story(intents=[intent])))
        assert "- –, invoice, guarded: no answer on record (-5002: Period locked)" in text
        assert "SHA-256 of the request" not in text

    def test_a_decision_that_waited(self, seen):
        decision = {
            "at": "2026-05-04T10:00:00+00:00",
            "by": "Ada",
            "action": "retry",
            "note": "mended",
            "is_effective": False,
        }
        text = seen(evidence.render(story(decisions=[decision])))
        assert "2026-05-04 10:00:00 UTC, Ada: retry (waited for a second person). mended" in text

    def test_the_page_escapes(self):
        content = {"type": "Invoice", "number": EVIL, "vendor_name": EVIL, "url": "https://stampli.example/1"}
        read = Reader(evidence.page(story(versions=[version(**content)])))
        assert read.elements <= ELEMENTS
        assert read.text.count(EVIL) == 2
        assert ("href", "https://stampli.example/1") not in read.attributes
