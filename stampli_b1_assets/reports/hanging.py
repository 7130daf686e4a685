"""A paragraph of which every line but the first stands below the text, not below its mark."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions
from rich.text import Text


class Hanging:
    """`- ` and a text, wrapped at the width of the terminal; a pipe gets one line, however long."""

    def __init__(self, mark: str, text: str, *, style: str = "") -> None:
        self._mark = mark
        self._text = text
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        text = Text(self._text, style=self._style)
        room = max(options.max_width - len(self._mark), 1)
        lines = [text] if options.no_wrap else text.wrap(console, room)
        for number, line in enumerate(lines):
            start = self._mark if number == 0 else " " * len(self._mark)
            line.rstrip()
            yield Text(start, style=self._style).append_text(line)
