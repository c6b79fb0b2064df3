"""The completion script in a real bash."""

import subprocess

import pytest


@pytest.fixture(scope="module")
def script(sweetspot):
    return subprocess.run([sweetspot.folder / "sweetspotctl", "completion", "bash"], check=True,
                          capture_output=True, text=True).stdout


def complete(script, *words):
    """What bash offers for the last of these words."""
    ask = f"""{script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sweetspotctl; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", ask, "bash", "sweetspotctl", *words], capture_output=True, text=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("words, offered", [
    (["st"], {"status"}),
    (["p"], {"pin", "pause"}),
    (["-o", ""], {"text", "json", "yaml"}),
    (["status", "-o", "j"], {"json"}),
    (["--address", "h:1", "mod"], {"mode"}),
    (["mode", ""], {"enforce", "shadow", "off"}),
    (["objective", "--p99-bound", "5ms", "l"], {"latency"}),
    (["pin", "--f"], {"--for"}),
    (["pin", "12", "--re"], {"--reason"}),
    (["--timeout", ""], set()),
])
def test_offers_what_may_come_next(script, words, offered):
    assert complete(script, *words) == offered


def test_offers_files_where_a_file_belongs(script, tmp_path):
    (tmp_path / "token").write_text("")
    assert complete(script, "--token-file", f"{tmp_path}/to") == {f"{tmp_path}/token"}


def test_knows_every_command(script, sweetspot):
    offered = complete(script, "")
    help_text = subprocess.run([sweetspot.folder / "sweetspotctl", "--help"], capture_output=True, text=True).stdout
    listed = {line.split()[0] for line in help_text.split("Subcommands:")[1].splitlines() if line.strip()}
    assert offered == listed
