"""Claviger as it ships, and bare pingora beside it."""

import hashlib
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

from bed import LOAD_CORE, PROXY_CORE, Failure, free_port, max_connections, output
from load import Variant, passing
from peers import BASIC
from secrets_of_benches import KEYS, PASSWORD, TOKEN

# Set by the Makefile, which builds them.
RELEASE = pathlib.Path(os.environ.get("CLAVIGER_RELEASE", "target/release")).absolute()
CLAVIGER = pathlib.Path(os.environ.get("CLAVIGER_BINARY", RELEASE / "claviger")).absolute()
BARE, AS_IT_COMES = RELEASE / "examples/bare", RELEASE / "examples/bare_as_it_comes"


def settings(port, admin, api, threads):
    """What differs from the defaults: one worker as everywhere here, no access log, and limits that a load from one
    address stays below.
    """
    return {
        "proxy": {"listen": f"127.0.0.1:{port}", "upstream": f"http://127.0.0.1:{api.port}", "threads": threads},
        "admin": {"listen": f"127.0.0.1:{admin}"},
        "credentials": {"file": "credentials.yaml"},
        "public": [{"path": "/open"}],
        "limits": {"connections": max_connections() + 100, "connections_per_address": max_connections() + 100},
        "passwords": {"threads": 1},
        "log": {"access": False, "format": "json"},
    }


# What a gate may be told to save.
LOG = {"log": {"access": True}}
LOWERCASE = {"proxy": {"header_names": "lowercase"}}
FEW_HEADERS = {
    "proxy": {"forwarded": {"for": False, "proto": False, "host": "never"}},
    "identity": {"headers": []},
}


def tls(bed):
    """Settings for TLS at the listener."""
    return {"proxy": {"tls": {"certificate": str(bed.certificate), "key": str(bed.private_key)}}}


class Claviger:
    """One that runs, with `changes` to its settings; one of `None` takes a section out."""

    def __init__(self, bed, api, name="Claviger", changes=None, threads=1, core=PROXY_CORE, credentials=None, wrap=()):
        self.name, self.port, self.admin = name, free_port(), free_port()
        self.folder = bed.folder("claviger")
        written = settings(self.port, self.admin, api, threads)
        for section, change in (changes or {}).items():
            written[section] = written.get(section, {}) | change if change is not None else None
        # JSON is YAML.
        written = {section: value for section, value in written.items() if value is not None}
        (self.folder / "claviger.yaml").write_text(json.dumps(written, indent=1))
        self.write(*(credentials or [few()]))
        # As in a container, the log goes through a pipe to a process that reads it.
        reader = subprocess.Popen(
            ["taskset", "-c", str(LOAD_CORE), "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        command = [*wrap, CLAVIGER, "serve", "--config", "claviger.yaml"]
        self.process = bed.start(self.folder, command, core, stdout=reader.stdin)
        self.process.wait_for(self.port if "proxy" in written else self.admin)
        self.started_in = time.monotonic() - self.process.started
        # The reader ends with the gate, so no other process may hold the write end.
        reader.stdin.close()
        threading.Thread(target=reader.wait, daemon=True).start()

    def write(self, *pieces):
        """Puts a credentials file there as a whole."""
        fresh = self.folder / "credentials.new"
        with open(fresh, "w") as file:
            file.write("credentials:\n")
            file.writelines(pieces)
        fresh.rename(self.folder / "credentials.yaml")

    def variant(self, mode, path="/x", headers=None, arguments=(), **more):
        return Variant(self.name, mode, self.process, self.port, path, headers or {}, arguments, **more)

    def open(self, **more):
        return passing(self.name, self.process, self.port, **more)

    def token(self, path="/x", **more):
        return self.variant("token", path, TOKEN, **more)

    def variants(self):
        return [self.open(), self.token(), self.variant("basic", headers=BASIC)]

    def reload(self):
        """How long it took, in seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=120)
        before = time.monotonic()
        connection.request("POST", "/-/reload")
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise Failure(f"a reload has failed: {said[:500]!r}")
        return time.monotonic() - before


def few():
    """The credentials that peers know too: API keys, and one pair as `claviger password hash` makes it."""
    hashed = subprocess.run(
        [CLAVIGER, "password", "hash"], input=PASSWORD, capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = [entry(name, key) for name, key in KEYS]
    return "".join(lines) + f"- {{id: pair, account: acme, username: acme, password: '{hashed}'}}\n"


def entry(name, token):
    return f"- {{id: {name}, account: acme, token: 'sha256:{hashlib.sha256(token.encode()).hexdigest()}'}}\n"


def bare(bed, api, program=BARE, wrap=()):
    """pingora without us. `bare` has our settings, `bare_as_it_comes` its own."""
    folder, port = bed.folder("bare"), free_port()
    command = [*wrap, program, f"127.0.0.1:{port}", f"127.0.0.1:{api.port}"]
    process = bed.start(folder, command, PROXY_CORE).wait_for(port)
    name = "bare pingora" if program == BARE else "bare pingora, as it comes"
    return passing(name, process, port)


def version():
    return output(CLAVIGER, "--version")
