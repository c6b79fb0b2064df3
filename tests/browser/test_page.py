"""The page on the admin port in a real browser: a live climb, an operator, the dark, a phone.

Screenshots stay in build/screenshots, to be looked at, with seen.json, which has the time of the first paint too.
"""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

import pytest

from processes import ROOT, free_port, until

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("SWEETSPOT_BROWSER", ROOT / "build/browser"))
TOKEN = "token-of-the-browser-test"


def browse(address, token, folder, shadow):
    done = subprocess.run(["node", HERE / "page.js", f"http://{address}/", token, folder, f"http://{shadow}/"], text=True,
                          capture_output=True, timeout=200, env={**os.environ, "NODE_PATH": str(MODULES / "node_modules")})
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(sweetspot, tmp_path_factory):
    """What a browser saw of a sidecar that climbs from 1 in front of the simulated disk."""
    shots = ROOT / "build/screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    token_file = tmp_path_factory.mktemp("page") / "token"
    token_file.write_text(TOKEN + "\n")
    gone = free_port()
    with sweetspot.backend("--model", "disk") as backend, \
            sweetspot.backend("--model", "sleep", "--service-time", "20ms") as other, \
            sweetspot.sidecar(backend.ready["listen"], "--limit.initial", "1", "--queue.timeout", "10s",
                              "--operator.token_file", str(token_file)) as sidecar, \
            sweetspot.sidecar(other.ready["listen"], f"127.0.0.1:{gone}", "--mode", "shadow", "--limit.initial", "8", "--queue.size", "6") as shadow, \
            sweetspot.load("run", f"http://{sidecar.ready['proxy']}/", "-c", "100", "-z", "220s"), \
            sweetspot.load("run", f"http://{shadow.ready['proxy']}/", "--rate", "300", "--arrivals", "poisson", "-c", "64", "-z", "220s"):
        result = browse(sidecar.ready["admin"], TOKEN, shots, shadow.ready["admin"])
        result["gone"] = f"127.0.0.1:{gone}"
        result["addresses"] = [sidecar.ready["admin"], shadow.ready["admin"]]
        (shots / "seen.json").write_text(json.dumps(result, indent=2))
        return result


def test_nothing_is_wrong_on_the_console_but_the_refused_order(seen):
    assert [line for line in seen["console"] if "401" not in line] == []


def test_nothing_is_fetched_from_elsewhere(seen):
    ours = tuple(f"http://{address}/" for address in seen["addresses"])
    assert [url for url in seen["requests"] if not url.startswith(ours)] == []


def test_it_shows_the_climb_and_the_knee(seen):
    assert int(seen["settled"]) >= 4  # from 1; where exactly is for the simulation to judge
    assert seen["verdicts"] >= 3
    assert seen["points"] >= 3
    assert re.fullmatch(r"\d+ in flight(, \d+ % sure| held; the curve (says \d+|still rises))", seen["knee"])
    assert all(re.search(r"elasticity -?\d\.\d\d$", step) for step in seen["elasticities"]) and seen["elasticities"]


def test_nothing_moves_once_it_is_painted(seen):
    assert seen["layout_shift"] < 0.01, seen["moved"]


def test_it_fits_a_phone_and_a_dark_room(seen):
    assert seen["phone_overflow"] <= 0
    assert {"climbing", "held", "light", "dark", "phone", "plain", "shadow", "pinned"} <= set(seen["shots"])


def test_every_text_stands_out_from_what_is_behind_it(seen):
    assert seen["faint"] == {name: [] for name in ("light", "dark", "plain", "shadow", "phone")}


def test_without_the_library_for_charts_it_says_the_same_in_words(seen):
    assert len(seen["plain"]) == 5
    assert re.search(r"held \d+", seen["plain"][0])


def test_it_names_the_address_that_is_down(seen):
    assert seen["down"].startswith(f"{seen['gone']} is down since ") and seen["down"].endswith(": Connection refused")


def test_in_mode_shadow_it_tells_what_enforcing_would_have_done(seen):
    headline, title, sentence, queued = seen["shadow"]
    assert re.fullmatch(r"would hold \d+(, \d+ % sure)?|too little is known yet to advise", headline)
    assert title == "What enforcing would have done"
    assert re.search(r"the limit \(\d+ now\) would have made [1-9]", sentence)
    assert re.match(r"[1-9][\d,]* \(", queued)


def test_an_operator_pins_and_unpins_with_the_token_alone(seen):
    assert seen["refused"] == "Refused: wrong token"
    assert seen["pinned"].startswith("pinned until ")


def test_what_an_operator_writes_stays_text(seen):
    assert seen["injected"] == 0
    assert "<img src=x onerror=alert(1)>" in seen["comment"]


def test_every_control_is_reached_by_the_keyboard_and_shows_it(seen):
    reached = [name for name, _ in seen["focus"]]
    for control in ("skip", "verdicts", "token", "pin-limit", "pin-for", "comment", "level", "order-pin", "order-unpin"):
        assert control in reached
    assert all(is_shown for name, is_shown in seen["focus"] if name != "BODY")


def test_a_screen_reader_finds_headings_names_and_figures(seen):
    for line in ('heading "Sweetspot" [level=1]', 'heading "The knee" [level=2]', 'img "Load curve.',
                 'textbox "Token"', 'button "Pin this limit"', 'combobox "Log level"', 'rowheader "default"',
                 'columnheader "queued"'):
        assert line in seen["tree"]


def post(address, body, **headers):
    request = urllib.request.Request(f"http://{address}/api/order", data=json.dumps(body).encode(), method="POST",
                                     headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_read_only_page_offers_no_order(sweetspot):
    with sweetspot.sidecar(f"127.0.0.1:{free_port()}") as sidecar:
        address = sidecar.ready["admin"]
        assert post(address, {"action": "pin", "limit": 5}) == 404
        with urllib.request.urlopen(f"http://{address}/events", timeout=10) as events:
            lines = iter(events.readline, b"")
            hello = json.loads(next(line for line in lines if line.startswith(b"data: "))[6:])
        assert hello["actions"] == []


def test_viewers_that_leave_are_forgotten_and_more_than_allowed_are_turned_away(sweetspot):
    with sweetspot.sidecar(f"127.0.0.1:{free_port()}") as sidecar:
        url = f"http://{sidecar.ready['admin']}/events"
        viewers = [urllib.request.urlopen(url, timeout=10) for _ in range(32)]
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(url, timeout=10)
        for viewer in viewers:
            viewer.close()

        def is_let_in():
            try:
                urllib.request.urlopen(url, timeout=10).close()
                return True
            except urllib.error.HTTPError:
                return False
        until(is_let_in, 20, "room for another viewer")
