"""Multipart bodies out, and answers back by position."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampli_b1_assets.b1.batch import Fate, Operation, decode, encode

HEAD = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
REFUSED = '{"error":{"code":"-2035","message":"This entry already exists"}}'


def http(status: int, body: str, content_id: int | None = None) -> str:
    id_ = f"Content-ID: {content_id}\r\n" if content_id else ""
    return f"{HEAD}{id_}\r\nHTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}\r\n"


def change_set(*parts: str, boundary: str = "cs") -> str:
    inner = "".join(f"--{boundary}\r\n{part}" for part in parts)
    return f"Content-Type: multipart/mixed;boundary={boundary}\r\n\r\n{inner}--{boundary}--\r\n"


def answer(*parts: str) -> bytes:
    return ("".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n").encode()


def applied(number: int) -> str:
    return change_set(http(201, '{"Code":"k"}', 1), http(201, f'{{"JdtNum":{number}}}', 2), boundary=f"cs_{number}")


TYPE = "multipart/mixed;boundary=b"


def test_the_body_is_byte_for_byte_what_the_guide_shows():
    operations = [
        Operation("POST", "U_T", {"Code": "k"}),
        Operation("POST", "JournalEntries", {"Debit": Decimal("1.00")}),
    ]
    content_type, content = encode([operations], "/b1s/v2")
    outer = content_type.split("=")[1]
    inner = re.search(rb"boundary=(changeset_\w+)", content)[1].decode()
    part = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: "
    assert content.decode() == (
        f"--{outer}\r\nContent-Type: multipart/mixed;boundary={inner}\r\n\r\n"
        f"--{inner}\r\n{part}1\r\n\r\nPOST /b1s/v2/U_T HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        '{"Code":"k"}\r\n'
        f"--{inner}\r\n{part}2\r\n\r\nPOST /b1s/v2/JournalEntries HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        '{"Debit":1.00}\r\n'
        f"--{inner}--\r\n--{outer}--\r\n"
    )


def test_content_ids_are_unique_over_the_whole_batch():
    _, content = encode([[Operation("POST", "A", {})] * 2] * 3, "/b1s/v2")
    assert re.findall(rb"Content-ID: (\d+)", content) == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_applied_refused_and_not_executed_are_told_apart():
    results = decode(TYPE, answer(applied(1), http(400, REFUSED)), 4)
    assert [one.fate for one in results] == [Fate.APPLIED, Fate.REFUSED, Fate.NOT_EXECUTED, Fate.NOT_EXECUTED]
    assert results[0].answers[1] == {"JdtNum": 1}
    assert (results[1].error.code, results[1].status) == ("-2035", 400)


def test_a_part_with_a_server_error_is_in_doubt():
    results = decode(TYPE, answer(http(500, "")), 2)
    assert [one.fate for one in results] == [Fate.UNKNOWN, Fate.NOT_EXECUTED]


def test_a_change_set_that_answers_in_parts_is_refused_when_one_of_them_is():
    results = decode(TYPE, answer(change_set(http(201, "{}", 1), http(400, REFUSED, 2))), 1)
    assert results[0].fate is Fate.REFUSED


def test_a_part_without_content_is_applied():
    results = decode(TYPE, answer(change_set(f"{HEAD}\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n")), 1)
    assert results == [type(results[0])(Fate.APPLIED, (None,), status=204)]


@pytest.mark.parametrize("type_", ['multipart/mixed; boundary="b"', "multipart/mixed;boundary=b;charset=utf-8"])
def test_boundaries_are_read_in_quotes_and_with_parameters(type_):
    assert decode(type_, answer(applied(7)), 1)[0].fate is Fate.APPLIED


def test_lines_may_end_in_lf_alone():
    assert decode(TYPE, answer(applied(7)).replace(b"\r\n", b"\n"), 1)[0].fate is Fate.APPLIED


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        (TYPE, b""),
        (TYPE, answer(applied(1))[:-8]),
        (TYPE, answer(applied(1)).replace(b"--cs_1--", b"")),
        (TYPE, b"<html>Sign in</html>"),
        (TYPE, answer("Content-Type: application/http\r\n\r\nnonsense\r\n")),
        (TYPE, answer(change_set(http(201, '{"JdtNum":', 1)))),
        ("text/html", b"<html></html>"),
        ("", answer(applied(1))),
        (TYPE, b"--b--\r\n"),
    ],
    ids=["empty", "cut", "inner cut", "html", "no status", "cut json", "html type", "no type", "no parts"],
)
def test_an_answer_that_cannot_be_read_says_so(type_, content):
    with pytest.raises(ValueError, match=r"\S"):
        decode(type_, content, 1)


def test_fewer_answers_without_a_refusal_leave_everything_in_doubt():
    with pytest.raises(ValueError, match="3 change sets were sent and 2 answered"):
        decode(TYPE, answer(applied(1), applied(2)), 3)


@given(st.binary(max_size=300))
def test_no_answer_makes_it_stumble(noise):
    try:
        results = decode(TYPE, noise, 2)
    except ValueError:
        return
    assert len(results) == 2


@given(st.integers(0, 300))
def test_an_answer_cut_anywhere_is_never_taken_for_a_whole_one(length):
    whole = answer(applied(1), applied(2))
    if length >= len(whole) - 2:  # only the very last line end may be missing
        return
    with pytest.raises(ValueError, match=r"\S"):
        decode(TYPE, whole[:length], 2)
