"""`stampli-b1 sync` in a process that kills itself (SIGKILL) at a marked point.

`python -m stampli_b1_assets_tests.reliability.doomed_sync POINT COUNT`: at the COUNT-th passage of POINT.
"""

import os
import signal
import sys

from stampli_b1_assets.cli.main import run
from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint


def doom(point: Checkpoint, count: int) -> None:
    """Die at the given passage, as the kernel kills: nothing is flushed, closed or rolled back."""
    left = count

    def listener(passed: Checkpoint) -> None:
        nonlocal left
        left -= passed is point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints.listeners.append(listener)


if __name__ == "__main__":
    doom(Checkpoint(sys.argv[1]), int(sys.argv[2]))
    sys.exit(run(["sync", "--json"]))
