"""Tables of materializations: what somebody looks for is shown, however much there is."""

from stampli_b1_assets.accounting.vendors import VendorPlan
from stampli_b1_assets.defs.tables import PartnerTable
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.vendor import Vendor
from stampli_b1_assets.pipeline.partners import SyncedPartner


def test_of_many_vendors_those_that_wait_are_shown_first_and_all_are_counted():
    table = PartnerTable()
    for number in range(300):
        plan = VendorPlan(Vendor(f"V{number}", "Known Ltd", "Active"), "unchanged", f"V{number}")
        table.add(SyncedPartner(plan, "unchanged", f"V{number}"))
    hold = Hold(Reason.BAD_VALUE, "No name.", "Fill it in.")
    table.add(SyncedPartner(VendorPlan(Vendor("V300", "", "Active"), "held"), "held", "", (hold,)))
    metadata = table.metadata()
    assert {name: value.value for name, value in metadata.items() if name != "vendors"} == {
        "created": 0, "updated": 0, "unchanged": 300, "held": 1,
    }  # fmt: skip
    records = [record.data for record in metadata["vendors"].records]
    assert len(records) == 200
    assert records[0] == {"vendor": "V300", "name": "", "card_code": "", "outcome": "held", "detail": "No name."}


def test_without_vendors_there_is_no_table():
    assert PartnerTable().metadata()["vendors"].value == "none"
