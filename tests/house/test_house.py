"""What holds the house together: its layout, its dependencies, its costly headers."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = {"service", "tuner", "proto", "loadgen", "tests", "helm", "CMakeLists.txt",
       "README.md", "dev", "Dockerfile", "CMakePresets.json", "SECURITY.md", "LICENSE"}

# What is dear to compile, and the only translation units that pay for it, be it through a header.
COSTLY = {
    "boost/asio": {
        "loadgen/engine/address.cpp",
        "loadgen/engine/client.cpp",
        "loadgen/engine/engine.cpp",
        "loadgen/engine/worker.cpp",
        "service/app.cpp",
        "service/control/api/api_orders.cpp",
        "service/control/api/api_service.cpp",
        "service/control/api/control_api.cpp",
        "service/control/api/lifecycle_service.cpp",
        "service/control/tuning_loop.cpp",
        "service/control/api/watch_hub.cpp",
        "service/doctor.cpp",
        "service/fleet/api_client.cpp",
        "service/fleet/fleet.cpp",
        "service/injector/injector.cpp",
        "service/injector/server.cpp",
        "service/observe/admin_server.cpp",
        "service/proxy/exchange.cpp",
        "service/proxy/listener.cpp",
        "service/proxy/io/mailbox.cpp",
        "service/proxy/relay.cpp",
        "service/proxy/server.cpp",
        "service/proxy/session.cpp",
        "service/proxy/session_request.cpp",
        "service/proxy/tunnel.cpp",
        "service/proxy/upstream/upstream_pool.cpp",
        "service/proxy/worker.cpp",
        "service/web/acceptor.cpp",
    },
    "boost/beast": {
        "service/fleet/api_client.cpp",
        "service/injector/server.cpp",
        "service/observe/admin_server.cpp",
    },
    "grpcpp/": {
        "loadgen/sweep/sidecar_limit.cpp",
        "service/control/api/api_orders.cpp",
        "service/control/api/api_refusal.cpp",
        "service/control/api/api_service.cpp",
        "service/control/api/control_api.cpp",
        "service/control/api/file_sender.cpp",
        "service/control/api/gate.cpp",
        "service/control/api/lifecycle_service.cpp",
        "service/control/api/watch_hub.cpp",
        "service/control/api/watcher.cpp",
        "service/ctl/client.cpp",
    },
    "yaml-cpp/": {
        "service/config/yaml.cpp",
        "service/ctl/connection_file.cpp",
        "service/ctl/yaml_text.cpp",
    },
    "CLI/": {
        "loadgen/command/options.cpp",
        "loadgen/command/options_load.cpp",
        "service/config/flags.cpp",
        "service/ctl/commands.cpp",
        "service/injector/options.cpp",
    },
    "spdlog/": {
        "service/observe/log.cpp",
    },
}

# A folder may include from these, besides itself.
MAY_USE = {
    "tuner": set(),
    "service": {"tuner", "proto"},
    "service/platform": set(),
    "service/admission": {"tuner"},
    "service/ctl": {"tuner", "proto", "service/platform"},
    "loadgen": {"tuner", "proto", "service/platform"},
    "loadgen/backend": {"tuner", "service/platform"},
    "loadgen/engine": {"tuner", "service/platform"},
    "loadgen/text": {"service/platform"},
    "loadgen/targets": {"tuner", "service/platform", "loadgen/engine", "loadgen/text"},
    "loadgen/run": {"tuner", "service/platform", "loadgen/engine", "loadgen/text", "loadgen/targets"},
    "loadgen/compare": {"tuner", "service/platform", "loadgen/text", "loadgen/run"},
    "loadgen/knee": {"tuner", "service/platform", "loadgen/text"},
    "loadgen/sweep": {"tuner", "proto", "service/platform", "loadgen/engine", "loadgen/text", "loadgen/targets",
                      "loadgen/run", "loadgen/knee"},
}


def tracked():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', (ROOT / path).read_text(), re.M)


def sources(*folders):
    return [p for p in tracked() if p.endswith((".hpp", ".cpp")) and p.startswith(tuple(f + "/" for f in folders))]


def test_the_top_level_holds_only_what_the_layout_names():
    top = {path.split("/")[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def reaches(path, prefix, seen):
    """Whether `path` includes a header of that prefix, be it through headers of ours."""
    seen.add(path)
    return any(i.startswith(prefix) or (i not in seen and (ROOT / i).exists() and reaches(i, prefix, seen))
               for i in includes(path))


@pytest.mark.parametrize("prefix", COSTLY)
def test_costly_headers_reach_only_the_units_listed(prefix):
    units = {p for p in sources("service", "loadgen", "tuner") if p.endswith(".cpp")}
    assert {p for p in units if reaches(p, prefix, set())} == COSTLY[prefix]


@pytest.mark.parametrize("folder", MAY_USE)
def test_dependencies_run_one_way(folder):
    for path in sources(folder):
        for include in includes(path):
            if "/" in include and (ROOT / include).exists():
                allowed = {folder} | MAY_USE[folder]
                assert any(include.startswith(a + "/") for a in allowed), f"{path} includes {include}"


def test_a_file_is_short_enough_to_read():
    long = {p: n for p in sources("service", "loadgen", "tuner")
            if (n := len((ROOT / p).read_text().splitlines())) > 450}
    assert long == {}


def test_no_flag_to_skip_later():
    left = [p for p in tracked() if p.endswith((".hpp", ".cpp", ".py", "dev")) and p != "tests/house/test_house.py"
            and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", (ROOT / p).read_text())]
    assert left == []


def test_the_variables_of_the_tests_are_those_in_their_readme():
    told = set(re.findall(r"`(SWEETSPOT_[A-Z_]+)`", (ROOT / "tests/README.md").read_text()))
    read = {name for p in tracked() if p == "dev" or p.startswith("tests/") and p.endswith((".py", ".cpp"))
            for name in re.findall(r'(?:environ\.get\("|getenv\("|\$\{)(SWEETSPOT_[A-Z_]+)(?:"|:-)', (ROOT / p).read_text())}
    assert told == read
