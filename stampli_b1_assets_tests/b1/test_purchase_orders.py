"""Open purchase orders from the live simulator, in both dialects, and odd ones from scripted answers."""

from datetime import date, time
from decimal import Decimal

import httpx
import pytest

from stampli_b1_assets.b1.purchase_orders import read_open_orders
from stampli_b1_assets.errors import B1Unusable


def test_open_orders_come_with_their_lines_and_closed_ones_do_not(dialect):
    items, service = dialect.open_orders("USD")
    assert (items.number, items.card_code, items.currency) == (1_000_231, "V20010", "USD")
    assert (items.order_date, items.changed_on, items.changed_at) == (date(2026, 3, 2), date(2026, 3, 2), time(9, 15))
    first, second = items.lines
    assert (first.number, first.quantity, first.unit_price, first.amount) == (0, 40, Decimal("32.5"), 1300)
    assert (first.received, first.account, first.is_open) == (25, "001300", True)
    assert first.codes == {"CostingCode": "PM", "CostingCode3": "DEN", "ProjectCode": "P-0110"}
    assert second.quantity * second.unit_price == second.amount == 648  # the price after discount
    assert (second.received, second.is_open) == (6, False)
    (line,) = service.lines
    assert (service.currency, line.quantity, line.unit_price, line.amount, line.received) == ("EUR", 1, 500, 500, 0)


def order(**changes):
    line = {"LineNum": 0, "Quantity": 2, "RemainingOpenQuantity": 2, "Price": 5, "LineTotal": 10, "RowTotalFC": 8}
    row = {"DocEntry": 1, "DocNum": 7, "DocCurrency": "USD", "DocumentLines": [line], **changes}
    return httpx.Response(200, json={"value": [row]})


def read_one(scripted, answer):
    session, _ = scripted(answer)
    return read_open_orders(session, "USD")


def test_what_an_answer_lacks_is_empty_and_no_error(scripted):
    (found,) = read_one(scripted, order(DocCurrency=None))
    assert (found.card_name, found.order_date, found.currency) == ("", None, "USD")
    assert (found.changed_on, found.changed_at) == (None, time())
    assert found.lines[0].is_open
    (without,) = read_one(scripted, order(DocumentLines=None))
    assert without.lines == ()


def test_a_cancelled_order_is_none(scripted):
    assert read_one(scripted, order(Cancelled="tYES")) == []


def test_a_foreign_order_has_its_own_currency_s_amounts(scripted):
    (found,) = read_one(scripted, order(DocCurrency="EUR"))
    assert found.lines[0].amount == 8


def test_a_service_layer_that_refuses_is_for_it(scripted):
    refusal = {"error": {"code": -1002, "message": {"value": "Service Not Found: 'PurchaseOrders'"}}}
    with pytest.raises(B1Unusable, match="SAP refused to give PurchaseOrders"):
        read_one(scripted, httpx.Response(400, json=refusal))
