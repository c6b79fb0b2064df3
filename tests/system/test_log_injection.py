"""Nothing that somebody else chose can forge a line of the log, leave its field, or reach a terminal."""

import json
import re
import urllib.request

import pytest

from processes import ROOT, free_port, until

EVIL = ["a\r\nlimit_changed from=1 to=9", "\" to=9", "\\\" to=9", "\x1b[31mred", "\u009b31m", "\x7f", "\u202egnp",
        "\u2066x", "\u2028x", "k=v", "{\"event\":\"forged\"}", "'; drop", "\t", "%0d%0a", "${jndi:ldap://x}"]
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
TOKEN = "token-of-the-log-test"


def post(address, **order):
    request = urllib.request.Request(f"http://{address}/api/order", data=json.dumps(order).encode(), method="POST",
                                     headers={"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture(params=["json", "text"])
def logged(request, sweetspot, tmp_path):
    """The format, and the lines of a sidecar whose operators and file names are all evil."""
    folder = tmp_path / "a \"x\" to=9\u009b\u202e"
    folder.mkdir()
    (folder / "state").write_text("not a state")
    (tmp_path / "token").write_text(TOKEN + "\n")
    with sweetspot.sidecar(f"127.0.0.1:{free_port()}", "--log.format", request.param, "--log.level", "debug",
                           "--state.file", str(folder / "state"),
                           "--operator.token_file", str(tmp_path / "token")) as sidecar:
        for i, comment in enumerate(EVIL):
            post(sidecar.ready["admin"], action="pin", limit=10 + i, comment=comment)
            sweetspot.ctl(sidecar.ready["control"], "pin", str(40 + i), "--comment", comment)

        def told():
            found = sidecar.errors().splitlines()
            return sum("limit_changed" in line for line in found) >= 2 * len(EVIL) and found
        lines = until(told, 20, "a line for each order")
    return request.param, lines


def test_every_line_is_one_event_and_its_fields_say_what_was_written(logged):
    kind, lines = logged
    events = []
    for line in lines:
        assert not CONTROLS.search(line), ascii(line)
        if kind == "json":
            entry = json.loads(line)
            events.append(entry["event"])
        else:
            events.append(re.fullmatch(r'\S+Z (?:debug|info|warning|error) (\w+)((?: \w+=(?:[^\s"=]+|"(?:[^"\\]|\\.)*"))*)', line)[1])
    table = re.search(r"## Log events.*?(?=\n## )", (ROOT / "service/README.md").read_text(), re.S)[0]
    assert set(events) <= set(re.findall(r"^\| `(\w+)` \|", table, re.M))
    assert events.count("limit_changed") == 2 * len(EVIL)
    assert "state_ignored" in events
    if kind == "json":
        comments = [json.loads(line).get("comment") for line in lines]
        assert all(comments.count(evil) == 2 for evil in EVIL)


def test_the_level_is_changed_while_it_runs(sweetspot, tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    with sweetspot.sidecar(f"127.0.0.1:{free_port()}", "--operator.token_file", str(tmp_path / "token")) as sidecar:
        admin = sidecar.ready["admin"]
        post(admin, action="log_level", level="error")
        post(admin, action="pin", limit=5, comment="unheard")
        post(admin, action="log_level", level="debug")
        post(admin, action="pin", limit=6, comment="heard")
        until(lambda: "heard" in sidecar.errors(), 10, "the second pin")
        assert "unheard" not in sidecar.errors()
