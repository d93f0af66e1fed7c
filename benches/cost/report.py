"""Tables of what was measured, and RESULTS.md."""

import datetime
import os
import pathlib
import statistics

from bed import HERE, commands, output

RESULTS = HERE.parent / "RESULTS.md"


def median(measured, field="cpu"):
    return statistics.median(one[field] for one in measured)


def ratios(measured, base):
    """Of each round, because a round is measured in one go."""
    return [one["cpu"] / other["cpu"] for one, other in zip(measured, base)]


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


class Report:
    """What goes into RESULTS.md, as it comes; and whether it is good enough."""

    def __init__(self):
        self.parts, self.bars = [], []

    def section(self, title, *paragraphs):
        print(f"\n{title}\n" + "\n".join(paragraphs), flush=True)
        self.parts.append("\n\n".join([f"## {title}", *paragraphs]))

    def bar(self, what, value, most, unit="×"):
        self.bars.append((what, value, most, unit))

    def measured(self, title, explained, measured, base, by=None):
        """One row a variant; its cost as a ratio to `base` too. `by` says how it does what it does."""
        head = ["", *(["by"] if by else []), "CPU µs a request", f"÷ {base}", "requests/s", "p50 µs", "p99 µs"]
        rows = []
        for name, turns in measured.items():
            cost = [spread([one["cpu"] for one in turns], 1), spread(ratios(turns, measured[base]))]
            rest = [f"{median(turns, field):,.0f}" for field in ("rate", "p50", "p99")]
            rows.append([name, *([by.get(name, "")] if by else []), *cost, *rest])
        self.section(title, explained, table(head, rows))

    def write(self, command, versions, took):
        """The file that people read."""
        head = [
            "# What a request costs",
            f"Written by `{command}` on {datetime.date.today().isoformat()} in {took / 60:.0f} minutes; written anew "
            "by each run. Ratios inside this run tell; times are those of this machine. In brackets stand the least and "
            "the most of all rounds, before them the median.",
            table(["", ""], [*machine(), *versions.items()]),
        ]
        if self.bars:
            rows = [[what, f"{value:,.2f} {unit}", f"≤ {most:,.2f} {unit}", "yes" if value <= most else "**no**"]
                    for what, value, most, unit in self.bars]
            head.append("## Bars\n\n" + table(["", "measured", "wanted", "met"], rows))
        run = "## Commands\n\nRUN is a folder of this run, PORT the port of the program under test.\n\n```sh\n"
        text = "\n\n".join([*head, *self.parts, run + "\n".join(commands) + "\n```"])
        RESULTS.write_text(text + "\n")
        print(f"\nwritten: {RESULTS}")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def commit():
    """Which one was measured; what the run itself writes is no change."""
    own = [f":!benches/{name}" for name in ("RESULTS.md", "peers.svg")]
    is_changed = output("git", "status", "--porcelain", "--", ".", *own)
    return output("git", "rev-parse", "--short", "HEAD") + (", changed" if is_changed else "")


def machine():
    """Which it is, but not whose."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown")
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 2**20
    release = pathlib.Path("/etc/os-release").read_text().splitlines()
    system = next(line.split("=")[1].strip('"') for line in release if line.startswith("PRETTY_NAME="))
    return [
        ["processor", f"{model}, {len(os.sched_getaffinity(0))} cores"],
        ["memory", f"{memory:.0f} GiB"],
        ["system", f"{system}, Linux {os.uname().release}"],
        ["load", output("wrk", "-v").splitlines()[0].split(" Copyright")[0]],
        ["compiler", output("rustc", "--version")],
        ["commit", commit()],
    ]
