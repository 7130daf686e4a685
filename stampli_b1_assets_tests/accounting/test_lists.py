"""The lists for Stampli have what would be posted, under the codes that Stampli knows."""

import pytest

from stampli_b1_assets.accounting import lists
from stampli_b1_assets.accounting.accounts import GL_FILE


@pytest.fixture
def desk(context):
    """`desk(settings={…}, mappings=…)`, on the day of the context."""

    def make(**options):
        made = context(**options)
        return made.desk(made.today, "")

    return make


def codes(found):
    return {one.code: one.name for one in found}


def test_accounts_are_those_that_would_be_posted_to(desk):
    found = codes(lists.accounts(desk()))
    assert found["510000"] == "Freight"
    assert found["71100-00-10"] == "Segmented"
    assert not {"_SYS0042", "500000", "211000", "530000", "690000"} & found.keys()


def test_a_mapped_account_stands_under_stampli_s_codes_only(desk, mappings):
    mapped = mappings(gl_accounts="FRT,510000\nHAUL,510000\nSEG,71100-00-10")
    found = codes(lists.accounts(desk(mappings=mapped)))
    assert (found["FRT"], found["HAUL"], found["SEG"]) == ("Freight", "Freight", "Segmented")
    assert "520000" in found
    assert not {"510000", "71100-00-10"} & found.keys()


def test_what_must_be_mapped_is_listed_when_it_is(desk, mappings):
    found = codes(lists.accounts(desk(settings={"unmapped": "hold"}, mappings=mappings(gl_accounts="FRT,510000"))))
    assert found == {"FRT": "Freight"}


def test_dimensions_are_those_of_the_property_that_are_active(desk, mappings):
    mapped = mappings(dimensions="department,Operations,OPS\nproject,One,BR-01")
    assert codes(lists.dimension("department", "CostingCode", desk(mappings=mapped))) == {
        "Operations": "OPS", "LAB": "LAB", "LATE": "LATE",
    }  # fmt: skip
    assert codes(lists.dimension("project", "ProjectCode", desk(mappings=mapped))) == {"One": "BR-01"}
    assert codes(lists.dimension("class", "CostingCode2", desk())) == {"RED": "RED"}


def test_vendors_are_all_suppliers_and_say_whether_they_are_usable(desk, mappings):
    found = {one.vendor_id: one.is_active for one in lists.vendors(desk(mappings=mappings(vendors="77,S100")))}
    assert found == {"77": True, "S200": True, "S300": False, "S310": True, "S400": False}


def test_a_code_that_several_rows_give_is_sap_s_own(desk, mappings):
    mapped = desk(mappings=mappings(gl_accounts="FRT,510000\nRENT,520000\nFLAT,520000"))
    assert [lists.code_for(GL_FILE, code, mapped) for code in ("510000", "520000", "000700", "")] == [
        "FRT", "520000", "000700", "",
    ]  # fmt: skip
