"""How an export's columns changed since the last file of its kind: told before it costs anybody a morning."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.stampli.text import label_key


@dataclass(frozen=True)
class Drift:
    """What changed. `renamed` pairs a column that is gone with a new one of a similar name; `moved` is harmless."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    moved: bool = False

    @property
    def sentence(self) -> str:
        """For people; empty when nothing changed but the order."""
        parts = [f"{old} seems to be called {new} now" for old, new in self.renamed]
        parts += [f"{label} is new" for label in self.added]
        parts += [f"{label} is gone" for label in self.removed]
        return f"The export's columns changed: {'; '.join(parts)}." if parts else ""


def drift(previous: Sequence[str], current: Sequence[str]) -> Drift:
    """Compare two headers, without case and outer blanks."""
    before = {label_key(label): label.strip() for label in previous}
    now = {label_key(label): label.strip() for label in current}
    added = [key for key in now if key not in before]
    removed = [key for key in before if key not in now]
    renamed: list[tuple[str, str]] = []
    for key in list(removed):
        near = difflib.get_close_matches(key, added, n=1, cutoff=0.7)
        if near:
            renamed.append((before[key], now[near[0]]))
            removed.remove(key)
            added.remove(near[0])
    common_before = [key for key in before if key in now]
    common_now = [key for key in now if key in before]
    return Drift(
        added=tuple(now[key] for key in added),
        removed=tuple(before[key] for key in removed),
        renamed=tuple(renamed),
        moved=common_before != common_now,
    )
