"""All rows, none lost and none twice, whatever happens between two pages."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from stampli_b1_assets.errors import B1Unusable


class Rows:
    """A server that pages by offset, `size` rows at once; `between` may change the rows before each request."""

    def __init__(self, count, size=20, between=lambda rows, request: None, link="@odata.nextLink"):
        self.rows = [{"Code": f"{number:05}"} for number in range(count)]
        self._size = size
        self._between = between
        self._link = link
        self.asked = []

    def __call__(self, request):
        self._between(self.rows, len(self.asked))
        options = {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
        self.asked.append(options)
        skip = int(options.get("$skip", 0))
        page = self.rows[skip : skip + self._size]
        more = {self._link: f"Projects?$skip={skip + len(page)}"} if skip + len(page) < len(self.rows) else {}
        return httpx.Response(200, json={"value": page, **more})


def codes(rows):
    return [row["Code"] for row in rows]


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 39, 40, 58, 500])
@pytest.mark.parametrize("link", ["@odata.nextLink", "odata.nextLink"])
def test_all_rows_come_in_order_with_the_servers_own_page_size(scripted, count, link):
    server = Rows(count, link=link)
    session, _ = scripted(server)
    assert codes(session.get_all("Projects", select=("Code",), orderby="Code")) == codes(server.rows)


def test_a_page_size_is_asked_for_and_rows_are_ordered(scripted):
    session, script = scripted(Rows(3))
    session.get_all("Projects", select=("Code", "Name"), orderby="Code", filter="Active eq 'tYES'")
    assert script.requests[0].headers["Prefer"] == "odata.maxpagesize=500"
    assert script.requests[0].url.params["$orderby"] == "Code"
    assert script.requests[0].url.params["$select"] == "Code,Name"
    assert script.requests[0].url.params["$filter"] == "Active eq 'tYES'"


def test_a_row_deleted_between_two_pages_hides_no_other(scripted):
    def delete_once(rows, number):
        if number == 1 and len(rows) == 50:
            del rows[3]

    server = Rows(50, between=delete_once)
    session, _ = scripted(server)
    assert codes(session.get_all("Projects", select=(), orderby="Code")) == codes(server.rows)
    assert len(server.rows) == 49


def test_a_row_added_between_two_pages_is_not_read_twice(scripted):
    def add_once(rows, number):
        if number == 1 and len(rows) == 50:
            rows.insert(0, {"Code": "-"})

    server = Rows(50, between=add_once)
    session, _ = scripted(server)
    assert codes(session.get_all("Projects", select=(), orderby="Code")) == codes(server.rows)


def test_rows_that_never_stand_still_are_given_up(scripted):
    server = Rows(500, between=lambda rows, _: rows.insert(0, {"Code": "-"}))
    session, _ = scripted(server)
    with pytest.raises(B1Unusable, match="Projects changed in SAP while it was read") as error:
        session.get_all("Projects", select=(), orderby="Code")
    assert error.value.is_passing


def test_a_server_that_gives_the_first_page_for_ever_is_noticed(scripted):
    page = {"value": [{"Code": "1"}, {"Code": "2"}], "@odata.nextLink": "Projects?$skip=2"}
    session, _ = scripted(httpx.Response(200, json=page))
    with pytest.raises(B1Unusable):
        session.get_all("Projects", select=(), orderby="Code")


def test_tokens_in_next_links_are_followed(scripted):
    first = {"value": [{"Code": "1"}], "@odata.nextLink": "Projects?$skiptoken=abc"}
    session, script = scripted(httpx.Response(200, json=first), httpx.Response(200, json={"value": [{"Code": "2"}]}))
    assert codes(session.get_all("Projects", select=(), orderby="Code")) == ["1", "2"]
    assert script.requests[1].url.params["$skiptoken"] == "abc"


@pytest.mark.parametrize("body", [None, [], {"value": {}}, {"error": "?"}])
def test_what_is_no_list_of_rows_is_said(scripted, body):
    session, _ = scripted(httpx.Response(200, json=body))
    with pytest.raises(B1Unusable, match="no list of rows"):
        session.get_all("Projects", select=(), orderby="Code")
