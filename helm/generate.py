#!/usr/bin/env python3
"""Rewrites what in the chart follows from other files, or with --check says what is out of date.

values.schema.json, the part `config`: from the table of keys in service/README.md.
templates/_config.tpl, the keys that are taken without a restart: from the section Reload of service/README.md.
README.md of the chart, the table of values: from values.yaml and its comments.
files/: the alert rules and the dashboard of service/observe, which a packaged chart must have within.
"""

import json
import pathlib
import re
import sys
import textwrap

import yaml

HELM = pathlib.Path(__file__).resolve().parent
CHART = HELM / "sweetspot"
KEYS = HELM.parent / "service/README.md"
BY_CHART = {"listen", "upstream", "upstream.version", "admin", "control", "state.file", "fleet.lease", "fleet.workload"}  # follow from other values
OBSERVE = HELM.parent / "service/observe"
BEGIN, END = "<!-- values: written by helm/generate.py -->", "<!-- end of values -->"

DURATION = {"type": "string", "pattern": r"^(0|[0-9]+(\.[0-9]+)?(ms|s|m|h))$"}
SIZE = {"type": ["string", "integer"], "pattern": r"^[0-9]+(B|KiB|MiB|GiB)?$"}
PATHS = {"type": "array", "items": {"type": "string", "pattern": "^/"}}
LIST = {"type": "array", "items": {"type": "string", "minLength": 1}}
ANY = {"type": ["string", "number", "integer", "boolean", "array", "object"]}


def number_of(least, most):
    is_share = "." in least + most or (least, most) == ("0", "1")
    kind = float if "." in least + most else int
    return {"type": "number" if is_share else "integer", "minimum": kind(least), "maximum": kind(most)}


def schema_of(allowed):
    """The JSON schema of what the table's column `allowed` says in words."""
    bounds = re.search(r"a number from ([\d.]+) to ([\d.]+)", allowed)
    number = number_of(bounds[1], bounds[2]) if bounds else None
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
    if allowed.startswith("a list of"):
        return LIST
    if allowed == "true or false":
        return {"type": "boolean"}
    if re.fullmatch(r"\d+ or \d+", allowed):
        return {"enum": [int(number) for number in allowed.split(" or ")]}
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


def new_template():
    said = re.search(r"Taken at once: (.*?)\. All others", KEYS.read_text(), re.S)[1]
    listed = textwrap.fill(" ".join(f'"{key}"' for key in re.findall(r"`([\w.]+)`", said)), 110, initial_indent="{{- list ",
                           subsequent_indent="     ", break_long_words=False, break_on_hyphens=False)
    define = '{{- define "sweetspot.reloadedKeys" -}}\n'
    text = (CHART / "templates/_config.tpl").read_text()
    begin = text.index(define) + len(define)
    return f"{text[:begin]}{listed} | toJson -}}}}\n{text[text.index('{{- end -}}', begin):]}"


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
    for name, made in {"values.schema.json": new_schema(), "README.md": new_readme(), "templates/_config.tpl": new_template(),
                       "files/alerts.yaml": (OBSERVE / "alerts/sweetspot.rules.yml").read_text(),
                       "files/dashboard.json": (OBSERVE / "grafana/sweetspot.json").read_text()}.items():
        if (CHART / name).read_text() != made:
            stale.append(name)
            if "--check" not in sys.argv:
                (CHART / name).write_text(made)
    if "--check" in sys.argv and stale:
        sys.exit(f"out of date: {', '.join(stale)}; run python3 helm/generate.py")


if __name__ == "__main__":
    main()
