"""A fixed number of seeds in CI; `make soak` runs as many as asked for."""

from pathlib import Path

import pytest

from stampli_b1_assets_tests.simulation.weeks import Weeks


@pytest.mark.parametrize("seed", range(30))
def test_a_week_keeps_every_invariant(seed: int, tmp_path: Path) -> None:
    weeks = Weeks(seed, tmp_path)
    weeks.run(steps=18)
    assert weeks.story
