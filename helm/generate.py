#!/usr/bin/env python3
"""Rewrites what in the chart follows from other files, or with --check says what is out of date.

values.schema.json, the part `config`: from the table of keys in service/README.md.
README.md of the chart, the table of values: from values.yaml and its comments.
"""

import json
import pathlib
import re
import sys

import yaml

HELM = pathlib.Path(__file__).resolve().parent
CHART = HELM / "sweetspot"
KEYS = HELM.parent / "service/README.md"
BY_CHART = {"listen", "upstream", "upstream.version", "admin", "control", "state.file", "fleet.lease", "fleet.workload"}  # follow from other values
BEGIN, END = "<!-- values: written by helm/generate.py -->", "<!-- end of values -->"

DURATION = {"type": "string", "pattern": r"^(0|[0-9]+(\.[0-9]+)?(ms|s|m|h))$"}
SIZE = {"type": ["string", "integer"], "pattern": r"^[0-9]+(B|KiB|MiB|GiB)?$"}
PATHS = {"type": "array", "items": {"type": "string", "pattern": "^/"}}
ANY = {"type": ["string", "number", "integer", "boolean", "array", "object"]}


def schema_of(allowed):
    """The JSON schema of what the table's column `allowed` says in words."""
    bounds = re.search(r"a number from ([\d.]+) to ([\d.]+)", allowed)
    number = {"type": "number" if bounds and "." in bounds[1] else "integer",
              "minimum": float(bounds[1]) if "." in bounds[1] else int(bounds[1]),
              "maximum": float(bounds[2]) if "." in bounds[2] else int(bounds[2])} if bounds else None
    words = re.match(r"((?:\w+, )+)or a number", allowed)
    if words:
        return {"anyOf": [{"enum": words[1].rstrip(", ").split(", ")}, number]}
    if allowed.startswith("none, or "):
        return {"anyOf": [{"const": "none"}, schema_of(allowed[len("none, or "):])]}
    if allowed.startswith("one of "):
        return {"enum": allowed[len("one of "):].split(", ")}
    if allowed.startswith("a duration"):
        return DURATION
    if allowed.startswith("a size"):
        return SIZE
    if allowed.startswith("a name"):
        return {"type": "string", "minLength": 1}
    if allowed.startswith("a list of paths"):
        return PATHS
    return number or ANY


def config_keys():
    rows = re.search(r"^\| key \| allowed .*?\n\n", KEYS.read_text(), re.M | re.S)[0].splitlines()[2:]
    for row in filter(None, rows):
        key, allowed, default, meaning = (cell.strip().replace("\\|", "|") for cell in
                                          re.split(r"(?<!\\)\|", row)[1:5])
        yield key.strip("`"), allowed, f"{meaning} (default {default.strip('`')})"


def config_schema():
    root = {"type": "object", "additionalProperties": False, "properties": {}}
    for key, allowed, meaning in config_keys():
        if key in BY_CHART:
            continue
        node, *path = root, *key.split(".")
        for part in path[:-1]:
            node = node["properties"].setdefault(
                part, {"type": "object", "additionalProperties": False, "properties": {}})
        node["properties"][path[-1]] = {"description": meaning, **schema_of(allowed)}
    for name, required in {"queue": "timeout", "request": "timeout", "drain": "delay"}.items():
        root["properties"][name]["required"] = [required]
    root["required"] = ["queue", "request", "drain"]
    return root


def new_schema():
    schema = json.loads((CHART / "values.schema.json").read_text())
    schema["properties"]["config"] = config_schema()
    return json.dumps(schema, indent=2) + "\n"


def described_values():
    """Each value with a comment `# -- …`, as (path, default, description), in the file's order."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    path, described = [], None
    for line in (CHART / "values.yaml").read_text().splitlines():
        comment, key = re.match(r"\s*# -- (.*)", line), re.match(r"( *)([\w-]+):", line)
        if comment:
            described = comment[1]
        elif key:
            path = path[:len(key[1]) // 2] + [key[2]]
            if described:
                value = values
                for part in path:
                    value = value[part]
                yield ".".join(path), value, described
            described = None


def new_readme():
    rows = [f"| `{path}` | `{json.dumps(value)}` | {text.replace('|', chr(92) + '|')} |"
            for path, value, text in described_values()]
    table = "\n".join([BEGIN, "| value | default | meaning |", "|---|---|---|", *rows, END])
    text = (CHART / "README.md").read_text()
    return text[:text.index(BEGIN)] + table + text[text.index(END) + len(END):]


def main():
    stale = []
    for name, made in {"values.schema.json": new_schema(), "README.md": new_readme()}.items():
        if (CHART / name).read_text() != made:
            stale.append(name)
            if "--check" not in sys.argv:
                (CHART / name).write_text(made)
    if "--check" in sys.argv and stale:
        sys.exit(f"out of date: {', '.join(stale)}; run python3 helm/generate.py")


if __name__ == "__main__":
    main()
