"""Fixtures that several folders use come from modules of `fixtures/`, named here."""

import sys
from pathlib import Path

# Tests import nothing from each other, but pytest imports the modules named below, also when it is started as `pytest`.
sys.path.insert(0, str(Path(__file__).parents[1]))

pytest_plugins = [
    "stampli_b1_assets_tests.fixtures.mailbox",
    "stampli_b1_assets_tests.fixtures.postgresql",
    "stampli_b1_assets_tests.fixtures.sshd",
    "stampli_b1_assets_tests.fixtures.world",
]
