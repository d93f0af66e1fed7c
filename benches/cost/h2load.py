"""Load over TLS, in HTTP/2 or HTTP/1.1, and at a fixed rate."""

import pathlib
import re
import statistics
import subprocess
import tempfile

from bed import LOAD_CORE, Failure, note

# The same work for every program: each would choose another cipher by itself.
CIPHER = "TLS_AES_128_GCM_SHA256"
# 64 requests at once, over a few connections as HTTP/2 is for.
CONNECTIONS, STREAMS = 16, 4
# 4,000 requests a second.
FIXED_CONNECTIONS, FIXED_RATE = 40, 100


def over_http2(variant, seconds):
    return run(variant, seconds, ["-c", str(CONNECTIONS), "-m", str(STREAMS)], "h2")


def over_http1(variant, seconds):
    return run(variant, seconds, ["-c", str(variant.connections), "-m1", "--h1"], "http/1.1")


def fixed_http1(variant, seconds):
    return run(variant, seconds, ["-c", str(FIXED_CONNECTIONS), "-m1", "--h1", f"--rps={FIXED_RATE}"], "http/1.1")


def fixed_http2(variant, seconds):
    return run(variant, seconds, ["-c", str(FIXED_CONNECTIONS), "-m1", f"--rps={FIXED_RATE}"], "h2")


def run(variant, seconds, options, protocol):
    """The summary of one load; fails where an answer is not 2xx, or where it came in another protocol."""
    scheme = "https" if variant.tls else "http"
    headers = [part for name, value in variant.headers.items() for part in ("-H", f"{name}: {value}")]
    with tempfile.TemporaryDirectory(prefix="claviger-bench-") as folder:
        log = pathlib.Path(folder) / "log"
        command = ["taskset", "-c", str(LOAD_CORE), "h2load", *options, "-D", str(seconds), "-t1"]
        command += [f"--tls13-ciphers={CIPHER}", *headers, f"{scheme}://127.0.0.1:{variant.port}{variant.path}"]
        note(" ".join(f"'{part}'" if " " in part else part for part in command))
        answer = subprocess.run([*command, f"--log-file={log}"], capture_output=True, text=True, check=False,
                                timeout=seconds + 60)
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    counts = re.search(r"requests: .* (\d+) failed, (\d+) errored, (\d+) timeout", answer.stdout)
    if not lines or not counts or any(map(int, counts.groups())):
        raise Failure(f"h2load at {variant.name} reports {answer.stdout[-1500:]}{answer.stderr}")
    if wrong := {status for _, status, _ in lines if not status.startswith("2")}:
        raise Failure(f"{variant.name} answers h2load with {' '.join(sorted(wrong))}")
    for said in ("TLS Protocol: TLSv1.3", f"Cipher: {CIPHER}", f"Application protocol: {protocol}"):
        if variant.tls and f"{said}\n" not in answer.stdout:
            raise Failure(f"{variant.name}: no {said!r} in {answer.stdout[:1500]}")
    times = sorted(int(took) for _, _, took in lines)
    first, last = int(lines[0][0]), max(int(start) + int(took) for start, _, took in lines)
    return {
        "requests": len(times),
        "seconds": max(seconds, (last - first) / 1e6),
        "p50": statistics.median(times),
        "p99": times[min(len(times) - 1, len(times) * 99 // 100)],
    }
