"""The table of faults, written from a run: what broke, what the sidecar did, what its users saw.

`SWEETSPOT_FAULT_TABLE=service/RELIABILITY.md` puts the rows of this run between the file's markers.
"""

import os
import pathlib

BEGIN, END = "<!-- faults: written by the run -->", "<!-- end of faults -->"
HEADER = "| fault | what was seen | what users saw, beside 200 |\n|---|---|---|\n"


def render(rows):
    return HEADER + "".join(f"| {fault} | {did} | {users} |\n" for fault, (did, users) in rows.items())


def write(rows):
    target = os.environ.get("SWEETSPOT_FAULT_TABLE")
    if not target or not rows:
        return
    path = pathlib.Path(target)
    text = path.read_text()
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    path.write_text(before + BEGIN + "\n\n" + render(rows) + "\n" + END + after)


def faults_in(path):
    """The names in the first column of the table in that file."""
    inside = pathlib.Path(path).read_text().split(BEGIN, 1)[1].split(END, 1)[0]
    lines = [line for line in inside.splitlines() if line.startswith("| ")]
    return [line.split("|")[1].strip() for line in lines[1:]]
