"""Claviger as it ships, and bare pingora beside it."""

import hashlib
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

from bed import LOAD_CORE, PROXY_CORE, Failure, free_port, output
from load import Variant, passing
from peers import BASIC
from secrets_of_benches import KEYS, PASSWORD, TOKEN

# Set by the Makefile, which builds them.
RELEASE = pathlib.Path(os.environ.get("CLAVIGER_RELEASE", "target/release")).absolute()
CLAVIGER = pathlib.Path(os.environ.get("CLAVIGER_BINARY", RELEASE / "claviger")).absolute()
BARE, AS_IT_COMES = RELEASE / "examples/bare", RELEASE / "examples/bare_as_it_comes"

# What differs from the defaults: one worker like everybody here, no access log, and bounds that a load from one
# address stays under.
SETTINGS = """\
proxy: {{listen: 127.0.0.1:{port}, upstream: 'http://127.0.0.1:{api}', threads: {threads}}}
admin: {{listen: 127.0.0.1:{admin}}}
credentials: {{file: credentials.yaml}}
public: [{{path: /open}}]
limits: {{connections: 20000, connections_per_address: 20000}}
passwords: {{threads: 1}}
log: {{access: {log}, format: json}}
"""


class Claviger:
    """One that runs."""

    def __init__(self, bed, api, name="Claviger", log=False, threads=1, core=PROXY_CORE, credentials=None, wrap=()):
        self.name, self.port, self.admin = name, free_port(), free_port()
        self.folder = bed.folder("claviger")
        settings = SETTINGS.format(
            port=self.port, admin=self.admin, api=api.port, threads=threads, log=json.dumps(log)
        )
        (self.folder / "claviger.yaml").write_text(settings)
        self.write(*(credentials or [few()]))
        # As in a container, the log goes through a pipe to a process that reads it.
        reader = subprocess.Popen(
            ["taskset", "-c", str(LOAD_CORE), "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        command = [*wrap, CLAVIGER, "serve", "--config", "claviger.yaml"]
        self.process = bed.start(self.folder, command, core, stdout=reader.stdin).wait_for(self.port)
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

    def variant(self, mode, path="/x", headers=None, arguments=()):
        return Variant(self.name, mode, self.process, self.port, path, headers or {}, arguments)

    def variants(self):
        return [
            passing(self.name, self.process, self.port),
            self.variant("token", headers=TOKEN),
            self.variant("basic", headers=BASIC),
        ]

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
