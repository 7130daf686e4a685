"""The one signature that all rules have."""

from collections.abc import Callable, Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold

Rule = Callable[[Draft], Iterator[Hold]]
