"""The other proxies: each with its own best way to do API keys and Basic, one worker, no access log."""

import dataclasses
import os
import re
import shutil

from bed import HERE, PROXY_CORE, Failure, free_port, max_connections, output
from load import CONNECTIONS, FEW, Variant, passing
from secrets_of_benches import BCRYPT, KEYS, OURS, PAIR, SHA1, SHA512

# Servers are not in the path of every user.
SEARCHED = os.environ["PATH"] + ":/usr/sbin"
FOUND = HERE.parent.parent / "target" / "peers"
BASIC = {"Authorization": f"Basic {PAIR}"}
KEY = {"X-Api-Key": OURS}
APACHE_MODULES = next((one for one in ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules") if os.path.isdir(one)), "")


@dataclasses.dataclass
class Peer:
    name: str
    program: str
    # After the program; the folder of the run is the current one.
    arguments: tuple
    # Template to file.
    files: dict
    # How a key stands in its configuration, and what is between two.
    key: str
    between: str = "\n"
    version: tuple = ("--version",)
    key_does: str = "keys in plain text"
    basic_does: str = "bcrypt"
    # Every request is hashed.
    is_slow: bool = False
    # Pingap takes part in the plain rows only.
    has_tls: bool = True
    refusal: tuple = (401, 403)
    environment: dict = dataclasses.field(default_factory=dict)

    def path(self):
        """Where its program is; `None` where it is not installed."""
        if self.program == "envoy":
            return next((FOUND / "lib").glob("python*/site-packages/envoy/_bin/envoy"), None)
        own = FOUND / "bin" / self.program
        return own if own.exists() else shutil.which(self.program, path=SEARCHED)

    def start(self, bed, api, keys=KEYS, hashed=BCRYPT, users="", core=PROXY_CORE, wrap=(), options=()):
        """Runs it with these API keys and this hash of the password; `users` are further lines of Apache's and nginx's
        password file.
        """
        folder, port, tls_port = bed.folder(self.program), free_port(), free_port()
        lines = self.between.join(self.key.format(key=key, id=name) for name, key in keys)
        for template, file in self.files.items():
            bed.fill(
                template, folder / file, keys=lines, port=port, tls_port=tls_port, api=api.port, folder=folder,
                map_size=max(2048, 2 * len(keys)), max_connections=max_connections(), modules=APACHE_MODULES,
                certificate=bed.certificate, private_key=bed.private_key, both=bed.both,
                bcrypt=BCRYPT, sha512=SHA512, sha1=SHA1, pair=PAIR,
            )
        (folder / "keys.map").write_text("".join(f"{key} {name}\n" for name, key in keys))
        (folder / "htpasswd").write_text(f"acme:{hashed}\n{users}")
        for file in ("keys.map", "htpasswd"):
            (folder / file).chmod(0o644)
        folder.chmod(0o755)
        arguments = [argument.format(folder=folder) for argument in self.arguments]
        environment = {name: value.format(folder=folder) for name, value in self.environment.items()}
        command = [*wrap, self.path(), *arguments, *options]
        process = bed.start(folder, command, core, **environment).wait_for(port)
        return Running(self, process, port, tls_port)


@dataclasses.dataclass
class Running:
    """A peer that serves."""

    peer: Peer
    process: object
    port: int
    tls_port: int

    def open(self, **more):
        return passing(self.peer.name, self.process, self.port, **more)

    def key(self, path="/key", **more):
        return Variant(self.peer.name, "key", self.process, self.port, path, KEY, refusal=self.peer.refusal, **more)

    def key_over_tls(self, load):
        return dataclasses.replace(self.key(load=load, tls=True), port=self.tls_port)

    def basic(self):
        few = FEW if self.peer.is_slow else CONNECTIONS
        return Variant(self.peer.name, "basic", self.process, self.port, "/basic", BASIC, connections=few)

    def variants(self):
        """Passing through, API key, Basic."""
        return [self.open(), self.key(), self.basic()]


ONE_CORE = {"GOMAXPROCS": "1"}
PEERS = [
    Peer(
        "nginx", "nginx", ("-p", "{folder}/", "-c", "nginx.conf", "-e", "stderr"), {"nginx.conf": "nginx.conf"},
        '        "{key}" "{id}";', version=("-v",), basic_does="bcrypt, every request", is_slow=True,
    ),
    Peer(
        "HAProxy", "haproxy", ("-db", "-f", "haproxy.cfg"), {"haproxy.cfg": "haproxy.cfg"}, "",
        version=("-v",), basic_does="SHA-512, every request", is_slow=True,
    ),
    Peer(
        "Envoy", "envoy", ("-c", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "error"),
        {"envoy.yaml": "envoy.yaml"}, '                        - {{key: "{key}", client: "{id}"}}', basic_does="{SHA}",
    ),
    Peer(
        "Traefik", "traefik", ("--configFile=traefik.yaml",),
        {"traefik.yaml": "traefik.yaml", "traefik-routes.yaml": "routes.yaml"}, "{key}", "|", version=("version",),
        key_does="a route by expression", basic_does="bcrypt, once for requests that wait together", refusal=(404,),
        environment=ONE_CORE,
    ),
    Peer(
        "Caddy", "caddy", ("run", "--adapter", "caddyfile", "--config", "Caddyfile"), {"Caddyfile": "Caddyfile"},
        '\t\t{key} "{id}"', version=("version",), basic_does="bcrypt, remembered",
        environment=ONE_CORE | {"XDG_CONFIG_HOME": "{folder}", "XDG_DATA_HOME": "{folder}"},
    ),
    Peer(
        "Apache", "apache2", ("-f", "{folder}/apache.conf", "-DFOREGROUND"),
        {"apache.conf": "apache.conf", "apache-gate.conf": "gate.conf"}, "", version=("-v",),
        basic_does="bcrypt, every request", is_slow=True,
    ),
    Peer(
        "Pingap", "pingap", ("-c", "pingap.toml"), {"pingap.toml": "pingap.toml"}, '    "{key}",',
        basic_does="plain text", has_tls=False,
    ),
]
# Those that Claviger should never be behind.
NEVER_AHEAD = ("Envoy", "Traefik", "Caddy", "Apache")


def installed():
    """All that are here; only Pingap, which takes long to build, may be missing."""
    if missing := [peer.program for peer in PEERS if not peer.path() and peer.name != "Pingap"]:
        raise Failure(f"missing: {' '.join(missing)}; make needs-bench installs them")
    return [peer for peer in PEERS if peer.path()]


def start(bed, api, tls=False):
    """Runs all that are here, or all that speak TLS."""
    return [peer.start(bed, api) for peer in installed() if peer.has_tls or not tls]


def versions():
    """Name to version."""
    said = {peer.name: output(peer.path(), *peer.version) for peer in PEERS if peer.path()}
    return {name: re.search(r"\d+\.\d+\.\d+[\w.+~-]*", text)[0] for name, text in said.items()}
