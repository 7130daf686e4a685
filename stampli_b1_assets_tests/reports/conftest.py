"""What a person sees of a report."""

from collections.abc import Callable

import pytest
from rich.console import Console, RenderableType


@pytest.fixture
def seen() -> Callable[..., str]:
    """The text on a terminal of so many columns, without colours and without blanks at line ends."""

    def seen(report: RenderableType, width: int = 80) -> str:
        console = Console(width=width, markup=False, emoji=False, highlight=False, color_system=None)
        with console.capture() as capture:
            console.print(report)
        return "\n".join(line.rstrip() for line in capture.get().splitlines())

    return seen
