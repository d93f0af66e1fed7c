"""The benches in Rust that belong to the whole: the decision alone, and floods of wrong secrets."""

import re
import subprocess

from bed import HERE, Failure, note
from gates import RELEASE


def decision(_, report, quick):
    """From presented credential to verdict, by criterion."""
    text = cargo_bench("decision")
    found = re.findall(r"^(decision/.+?)\s+time:\s+\[\S+ \S+ (\S+) (\S+) ", text, re.M)
    units = {"ps": 1e-3, "ns": 1, "µs": 1e3, "ms": 1e6}
    times = {name: float(value) * units[unit] for name, value, unit in found}
    allocated = re.findall(r"^(decision/.+): (\d+) allocations$", text, re.M)
    report.section("Decision", "Nanoseconds from presented credential to verdict, by criterion.",
                   "\n".join(f"- {name}: {value:,.0f}" for name, value in times.items()),
                   "\n".join(f"- {name}: {count} allocations" for name, count in allocated))
    for name, count in allocated:
        if name.endswith("/10"):
            report.bar(f"Decision: {name.split('/')[1]}", int(count), 0, "allocations")
    bars = (("token", 500), ("pair, remembered", 700), ("token, junk of our format", 100))
    for what, most in bars:
        if (value := times.get(f"decision/{what}/10")) is not None:
            report.bar(f"Decision: {what}", value, most, "ns")
    if "decision/token/10" in times and "decision/token/1000000" in times:
        same = "token, always the same"
        report.bar("Decision: 1,000,000 credentials to 10, the same token",
                   times[f"decision/{same}/1000000"] / times[f"decision/{same}/10"], 1.05)


def flood(_, report, quick):
    """What attacks cost the others; `benches/hostile` has more of them."""
    said = "\n".join(cargo_bench("hostile", name) for name in ("hashes", "junk"))
    lines = [line for line in said.splitlines() if line.startswith("  ") or line in ("hashes:", "junk:")]
    report.section("Flood", "By `cargo bench --bench hostile`, which has more attacks than these.",
                   "```\n" + "\n".join(lines) + "\n```")
    if ratio := re.search(r"wrong passwords: .*: ([\d.]+)×", said):
        report.bar("p99 of token traffic: under wrong passwords, to without", float(ratio[1]), 2)


def cargo_bench(name, *arguments):
    """Runs the newest build of a bench, as cargo would: without another build in the middle of the measurements."""
    note(f"cargo bench --bench {name} {' '.join(arguments)}".strip())
    builds = [path for path in (RELEASE / "deps").glob(f"{name}-*") if not path.suffix]
    if not builds:
        raise Failure(f"{name} is not built: cargo bench --no-run --bench {name}")
    newest = max(builds, key=lambda path: path.stat().st_mtime)
    answer = subprocess.run([newest, "--bench", *arguments], cwd=HERE.parent.parent, capture_output=True, text=True,
                            check=False)
    print(answer.stdout, flush=True)
    if answer.returncode:
        raise Failure(f"{name}:\n{answer.stderr[-2000:]}")
    return answer.stdout
