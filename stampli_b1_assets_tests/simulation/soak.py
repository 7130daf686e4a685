"""`make soak SEEDS=n`: as many seeds as asked for; a failing one is printed, and replays exactly.

`python -m stampli_b1_assets_tests.simulation.soak --seeds 100 --first 0 --steps 25`, or `--seed 17` for one.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from stampli_b1_assets_tests.simulation.weeks import Weeks


def run_seed(seed: int, steps: int) -> str:
    """Empty, or what broke, with the story."""
    memory = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="weeks-", dir=memory if memory.is_dir() else None))
    try:
        Weeks(seed, directory).run(steps)
    except AssertionError as error:
        return f"seed {seed} fails: {error}"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return ""


def main() -> int:
    """Exit code 1 when a seed fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    started, failed = time.monotonic(), []
    for number, seed in enumerate(seeds, start=1):
        broken = run_seed(seed, options.steps)
        if broken:
            failed.append(seed)
            print(broken, flush=True)
        if number % 100 == 0:
            print(f"{number} seeds, {len(failed)} failed, {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(list(seeds))} seeds, {len(failed)} failed {failed}, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
