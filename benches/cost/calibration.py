"""How fast the core under test is between two turns: neighbours on the same hardware make it slower.

A slice is a fixed loop without a system call. A turn is quiet when the slices before and after it are fast.
"""

import hashlib
import os
import statistics
import time

from bed import PROXY_CORE

BUFFER = bytes(1 << 20)
REPEATS = 40
# To the fastest tenth of all slices of the run.
TOLERANCE = 1.10

# Seconds of each slice of the run: on the processor, and in all.
slices = []


def run_slice():
    """Runs the loop on the core under test, and returns the slice's place in `slices`."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {PROXY_CORE})
    cpu, wall = time.thread_time(), time.perf_counter()
    for _ in range(REPEATS):
        hashlib.sha256(BUFFER).digest()
    slices.append((time.thread_time() - cpu, time.perf_counter() - wall))
    os.sched_setaffinity(0, allowed)
    return len(slices) - 1


def fastest(kind):
    """The fastest tenth of all slices ends here."""
    return sorted(one[kind] for one in slices)[len(slices) // 10]


def is_quiet(measured):
    """Whether the slices on both sides of a turn are fast, by both clocks. Known only at the end of a run."""
    most = [fastest(kind) * TOLERANCE for kind in (0, 1)]
    return all(slices[place][kind] <= most[kind] for place in measured["slices"] for kind in (0, 1))


def summary():
    """Lines for the report."""
    if not slices:
        return "Nothing was measured in rounds."
    limit = [fastest(kind) * TOLERANCE for kind in (0, 1)]
    fast = sum(all(one[kind] <= limit[kind] for kind in (0, 1)) for one in slices)
    lines = [f"- slices: {len(slices)}, of which {fast / len(slices):.0%} are fast"]
    for kind, name in enumerate(("CPU time", "elapsed time")):
        times = [one[kind] * 1000 for one in slices]
        lines.append(f"- {name} of a slice: fastest tenth up to {fastest(kind) * 1000:.1f} ms, median "
                     f"{statistics.median(times):.1f} ms, slowest {max(times):.1f} ms")
    return "\n".join(lines)
