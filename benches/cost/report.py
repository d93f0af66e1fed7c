"""Tables of what was measured, and RESULTS.md."""

import dataclasses
import datetime
import os
import pathlib
import statistics

import calibration
from bed import HERE, commands, output

RESULTS = HERE.parent / "RESULTS.md"
# Fewer quiet rounds say nothing.
MIN_QUIET = 3


def median(measured, field="cpu"):
    return statistics.median(one[field] for one in measured)


def spread(values, digits=2):
    """The median, and between which values 90 % of all rounds lie."""
    low, high = values[0], values[0]
    if len(values) > 1:
        cuts = statistics.quantiles(values, n=20, method="inclusive")
        low, high = cuts[0], cuts[-1]
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


@dataclasses.dataclass
class Comparison:
    """One series of turns to another, round by round, because a round is measured in one go."""

    measured: list
    base: list
    field: str = "cpu"

    def ratios(self, quiet=False):
        return [one[self.field] / other[self.field] for one, other in zip(self.measured, self.base)
                if not quiet or (calibration.is_quiet(one) and calibration.is_quiet(other))]

    def value(self):
        return statistics.median(self.ratios())

    def quiet(self):
        """The median of the quiet rounds, and how many there are."""
        found = self.ratios(quiet=True)
        value = f"{statistics.median(found):,.2f}" if len(found) >= MIN_QUIET else "–"
        return f"{value} ({len(found)})"


@dataclasses.dataclass
class Bar:
    what: str
    measured: object
    most: float
    unit: str = "×"

    def value(self):
        return self.measured.value() if isinstance(self.measured, Comparison) else self.measured

    def is_met(self):
        return self.value() <= self.most

    def text(self, value):
        is_count = self.unit in ("rows", "allocations", "bytes")
        return f"{value:,.{0 if is_count else 2}f} {self.unit}"

    def quiet(self):
        return self.measured.quiet() if isinstance(self.measured, Comparison) else ""


class Report:
    """What goes into RESULTS.md, in the order of measuring; and the bars."""

    def __init__(self):
        self.parts, self.bars, self.ahead = [], [], []
        # Name of a variant to its instructions.
        self.instructions = {}

    def section(self, title, *paragraphs):
        """A paragraph that is a function is called at the end of the run, when it is known which turns were quiet."""
        part = lambda: "\n\n".join([f"## {title}", *(one() if callable(one) else one for one in paragraphs)])
        print(f"\n{part()}", flush=True)
        self.parts.append(part)

    def bar(self, what, measured, most, unit="×"):
        self.bars.append(Bar(what, measured, most, unit))

    def rows_ahead(self, title, values, counterpart, names):
        """Keeps each row of `names` whose value is less than that of the row of Claviger it is compared with."""
        for row, value in values.items():
            base = values.get(counterpart(row))
            if row.split(",")[0] in names and base is not None and value < base:
                self.ahead.append(f"{title}: {row} ({value / base:.2f} × Claviger)")

    def measured(self, title, explained, measured, counterpart, by=None, counted=False):
        """One row a variant, its CPU as a ratio to that of the row that `counterpart` names; `by` says how it does what
        it does, and `counted` adds the instructions, which are those of plain HTTP/1.1.
        """
        has_instructions = counted and any(name in self.instructions for name in measured)
        has_latency = all("p50" in turns[0] for turns in measured.values())

        def rows():
            for name, turns in measured.items():
                base = counterpart(name)
                ratio = Comparison(turns, measured[base])
                row = [name, *([by.get(name, "")] if by else []), spread([one["cpu"] for one in turns], 1)]
                row += ["1", ""] if base == name else [spread(ratio.ratios()), ratio.quiet()]
                if has_instructions:
                    row.append(f"{self.instructions[name]:,.0f}" if name in self.instructions else "")
                yield row + [f"{median(turns, one):,.0f}" for one in ("rate", "p50", "p99") if has_latency]

        head = ["", *(["by"] if by else []), "CPU µs a request", "CPU ÷ base", "in quiet rounds"]
        head += ["instructions"] if has_instructions else []
        head += ["requests/s", "p50 µs", "p99 µs"] if has_latency else []
        self.section(title, explained, lambda: table(head, list(rows())))

    def write(self, command, versions, took):
        """The file that people read."""
        head = [
            "# What a request costs",
            f"Written by `{command}` on {datetime.date.today().isoformat()} in {took / 60:.0f} minutes; written anew "
            "by each run. Compare ratios within this run only; times are those of this machine.",
            "Every variant has one short turn in each round. A value is the median of all rounds, in brackets the 5th "
            "and the 95th percentile. `CPU ÷ base` is computed within each round; the text of a table names the base. "
            "Above 1, the row takes more CPU than its base. `in quiet rounds` is the median of those rounds in which "
            "both turns were quiet ([Calibration](#calibration)), in brackets their number; – stands for fewer than "
            f"{MIN_QUIET}.",
            table(["", ""], [*machine(), *versions.items()]),
        ]
        if self.bars:
            head += ["## Bars", "Met or not by all rounds, not by the quiet ones.", self.bars_table()]
            ahead = "\n".join(f"- {one}" for one in self.ahead) or "None."
            head += ["### Rows in which Envoy, Traefik, Caddy or Apache takes less than Claviger", ahead]
        run = "## Commands\n\nRUN is a folder of this run, PORT the port of the program under test.\n\n```sh\n"
        text = "\n\n".join([*head, *(part() for part in self.parts), run + "\n".join(commands) + "\n```"])
        RESULTS.write_text(text + "\n")
        print(f"\nwritten: {RESULTS}")

    def bars_table(self):
        rows = [[bar.what, bar.text(bar.value()), bar.quiet(), f"≤ {bar.text(bar.most)}",
                 "yes" if bar.is_met() else "**no**"] for bar in self.bars]
        return table(["", "measured", "in quiet rounds", "wanted", "met"], rows)


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
        ["load", f"{output('wrk', '-v').splitlines()[0].split(' Copyright')[0]}; {output('h2load', '--version')}"],
        ["compiler", output("rustc", "--version")],
        ["commit", commit()],
    ]
