"""What people use today: each with its own best way to do API keys and Basic, one worker, no access log."""

import dataclasses
import re
import shutil

from bed import HERE, PROXY_CORE, Failure, free_port, output
from load import CONNECTIONS, FEW, Variant, passing
from secrets_of_benches import BCRYPT, KEYS, OURS, PAIR, SHA1, SHA512

FOUND = HERE.parent.parent / "target" / "peers"
BASIC = {"Authorization": f"Basic {PAIR}"}


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
    refusal: tuple = (401, 403)
    environment: dict = dataclasses.field(default_factory=dict)

    def path(self):
        """Where its program is; `None` where it is not installed."""
        if self.program == "envoy":
            return next((FOUND / "lib").glob("python*/site-packages/envoy/_bin/envoy"), None)
        own = FOUND / "bin" / self.program
        return own if own.exists() else shutil.which(self.program)

    def start(self, bed, api):
        """Its three variants: passing through, API key, Basic."""
        folder, port = bed.folder(self.program), free_port()
        keys = self.between.join(self.key.format(key=key, id=name) for name, key in KEYS)
        for template, file in self.files.items():
            bed.fill(
                template, folder / file, keys=keys, port=port, api=api.port,
                bcrypt=BCRYPT, sha512=SHA512, sha1=SHA1, pair=PAIR,
            )
        (folder / "keys.map").write_text("".join(f"{key} {name}\n" for name, key in KEYS))
        (folder / "htpasswd").write_text(f"acme:{BCRYPT}\n")
        (folder / "htpasswd").chmod(0o644)
        folder.chmod(0o755)
        arguments = [argument.format(folder=folder) for argument in self.arguments]
        environment = {name: value.format(folder=folder) for name, value in self.environment.items()}
        process = bed.start(folder, [self.path(), *arguments], PROXY_CORE, **environment).wait_for(port)
        few = FEW if self.is_slow else CONNECTIONS
        return [
            passing(self.name, process, port),
            Variant(self.name, "key", process, port, "/key", {"X-Api-Key": OURS}, refusal=self.refusal),
            Variant(self.name, "basic", process, port, "/basic", BASIC, connections=few),
        ]


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
        "Pingap", "pingap", ("-c", "pingap.toml"), {"pingap.toml": "pingap.toml"}, '    "{key}",',
        basic_does="plain text",
    ),
]


def start(bed, api):
    """Variants of all that are here; only Pingap, which takes long to build, may be missing."""
    variants = []
    for peer in PEERS:
        if peer.path():
            variants += peer.start(bed, api)
        elif peer.name != "Pingap":
            raise Failure(f"{peer.program} is missing: make needs-bench")
    return variants


def versions():
    """Name to version."""
    said = {peer.name: output(peer.path(), *peer.version) for peer in PEERS if peer.path()}
    return {name: re.search(r"\d+\.\d+\.\d+[\w.+~-]*", text)[0] for name, text in said.items()}
