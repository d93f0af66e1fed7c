"""Checks a bill of materials: against the schema, and against `cargo tree`.

    bill_of_materials.py FILE PLATFORM      with the crates and edges of that platform, such as x86_64-unknown-linux-gnu
"""
import json
import os
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

SOURCES = Path(__file__).resolve().parents[3]
ROOT = "claviger"


def tree(platform, edges):
    """The edges that `cargo tree` has, between crates such as `serde 1.0.0`."""
    command = [os.environ.get("CARGO", "cargo"), "tree", "--locked", "--quiet", "--edges", edges, "--prefix", "depth",
               "--format", ";{p}", "--target", platform]
    printed = subprocess.run(command, cwd=SOURCES, check=True, capture_output=True, text=True).stdout
    found, path = set(), []
    for line in filter(None, printed.splitlines()):
        depth, crate = line.split(";")
        name, version = crate.split(" ")[:2]
        path[int(depth):] = [f"{name} {version.removeprefix('v')}"]
        found.update([tuple(path[-2:])] if len(path) > 1 else [])
    return found


def check(condition, message):
    if not condition:
        sys.exit(message)


def main(file, platform):
    text = Path(file).read_text(encoding="utf-8")
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    check(error is None, str(error))

    bill = json.loads(text)
    root = bill["metadata"]["component"]
    names = {component["bom-ref"]: f"{component['name']} {component['version']}" for component in bill["components"]}
    is_crate = {reference: reference.startswith("pkg:cargo/") for reference in names}
    nested = [part["bom-ref"] for component in bill["components"] for part in component.get("components", [])]
    references = [root["bom-ref"], *names, *nested]
    check(len(references) == len(set(references)), "two components have the same bom-ref")
    depends = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    check(set(depends) == set(references), f"not in both lists: {set(depends) ^ set(references)}")
    dangling = {needed for all_needed in depends.values() for needed in all_needed} - set(references)
    check(not dangling, f"no components: {dangling}")

    linked = tree(platform, "normal,no-proc-macro")
    crates = {crate for edge in linked for crate in edge if not crate.startswith(f"{ROOT} ")}
    listed = {name for reference, name in names.items() if is_crate[reference]}
    check(listed == crates, f"crates: {sorted(listed ^ crates)}")
    # The version of the root is that of the package.
    [first] = {above for above, _ in linked if above.startswith(f"{ROOT} ")}
    of = names | {root["bom-ref"]: first}
    edges = {(of[above], of[below]) for above, all_needed in depends.items() for below in all_needed if is_crate.get(below)}
    check(edges == linked, f"false edges: {sorted(edges - linked)}; missing edges: {sorted(linked - edges)}")
    # The same by another question: whatever the program, build scripts and macros use.
    check(edges <= tree(platform, "normal,build"), "edges that the build does not have")

    others = {component["name"]: component for component in bill["components"] if not is_crate[component["bom-ref"]]}
    for crate, library in [(ROOT, "Rust standard library"), ("libmimalloc-sys", "mimalloc"), ("libsqlite3-sys", "sqlite"),
                           ("libz-ng-sys", "zlib-ng"), ("zstd-sys", "zstd")]:
        [above] = {reference for reference, name in of.items() if name.startswith(f"{crate} ")}
        check(library in others and others[library]["bom-ref"] in depends[above], f"{library} is not below {crate}")
        component = others[library]
        check(all(component[key] for key in ("version", "licenses", "purl", "evidence")), f"{library}: {component}")
        check(component["version"] in component.get("cpe", component["purl"]), f"{library}: {component}")
    sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
