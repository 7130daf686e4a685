"""The page that describes every setting."""

from pathlib import Path

import pytest

from stampli_b1_assets.config.describe import EXAMPLE, configuration_page
from stampli_b1_assets.config.keys import all_places, section_of, settings_of
from stampli_b1_assets.config.models import Company

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == configuration_page(), "run `make docs`"


@pytest.mark.parametrize("place", list(all_places(Company)), ids=".".join)
def test_every_setting_is_described_in_a_sentence(place):
    model = Company
    for key in place[:-1]:
        model = section_of(settings_of(model)[key])
    description = settings_of(model)[place[-1]].description
    assert description
    assert description.endswith(".")
    assert description in configuration_page()


def test_the_example_is_a_good_configuration(load, environment):
    secrets = {"STAMPLI_SFTP_PASSWORD": "x", "MAIL_PASSWORD": "y"}
    assert load(EXAMPLE, {**environment, **secrets}).settings.company == "northwind"
