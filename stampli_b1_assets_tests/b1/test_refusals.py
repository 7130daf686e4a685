"""Error bodies in every shape that was seen."""

import pytest

from stampli_b1_assets.b1.refusals import already_exists, is_passing, is_session_lost, refusal
from stampli_b1_assets.errors import B1Refused

TEXT = "No matching records found (ODBC -2028)"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b'{"error":{"code":-2028,"message":{"lang":"en-us","value":"%s"}}}', "-2028", TEXT),
        (b'{"error":{"code":"-2028","message":"%s"}}', "-2028", TEXT),
        (b'{"error":{"code":-2028,"message":"%s"}}', "-2028", TEXT),
        (b'{"error":{"code":"-2028","message":{"value":"%s"},"innererror":{"context":null}}}', "-2028", TEXT),
        (b'{"code":"-2028","message":"%s"}', "-2028", TEXT),
        (b'{"error":"%s"}', "", TEXT),
        (b'"%s"', "", TEXT),
    ],
    ids=["v1", "v2", "number and string", "string and object", "without error", "bare error", "bare string"],
)
def test_code_and_text_come_out_of_every_shape(body, code, text):
    error = refusal(400, body.replace(b"%s", TEXT.encode()))
    assert (error.status, error.code, error.text) == (400, code, text)


@pytest.mark.parametrize("body", [b"", b"<html>413</html>", b'{"error":{"code"', b"\xff\xfe", b"null", b"[]"])
def test_what_is_no_error_body_is_still_a_refusal(body):
    assert refusal(413, body).code == ""


def test_a_text_of_any_length_is_cut():
    assert len(refusal(400, b'{"error":{"code":1,"message":"' + b"x" * 10_000 + b'"}}').text) == 500


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("-2035", "Dieser Eintrag ist schon da", True),
        ("-1", "This entry already exists in the following tables (ODBC -2035)", True),
        ("-5002", "Unbalanced Transaction", False),
    ],
)
def test_a_duplicate_is_known_by_code_or_odbc_number(code, text, expected):
    assert already_exists(B1Refused(400, code, text)) is expected


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("-1116", "Could not commit transaction: Error -1 detected during transaction", True),
        ("-1", "[ODBC] Transaction was deadlocked on lock resources", True),
        ("301", "Invalid session", True),
        ("-4013", "Posting period locked", False),
    ],
)
def test_what_may_be_gone_in_a_moment_is_told_from_what_stays(code, text, expected):
    assert is_passing(B1Refused(400, code, text)) is expected


def test_a_lost_session_is_known_by_status_or_code():
    lost = b'{"error":{"code":-304,"message":{"value":"Fail to get DB Credentials from SLD"}}}'
    assert is_session_lost(401, b"<html></html>")
    assert is_session_lost(400, lost)
    assert not is_session_lost(200, lost)
    assert not is_session_lost(400, b'{"error":{"code":"-5002","message":"301"}}')
