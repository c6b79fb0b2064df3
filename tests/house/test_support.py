"""What tests and `dev` judge by, held against what it must tell apart."""

import importlib.util
import pathlib

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OURS = "sweetspot::control::Gate::admit() ../../service/control/api/gate.cpp:29 (sweetspot+0x1)"
OTHER_OF_OURS = "sweetspot::control::TokenFile::error() ../../service/control/api/access.cpp:141 (sweetspot+0x2)"
MAKING = "sweetspot::control::FileSender::FileSender(std::function<void ()>) ../../service/control/api/file_sender.hpp:20 (sweetspot+0x3)"
STANDARD = "std::__cxx11::basic_string<char>::size() const /usr/include/c++/12/bits/basic_string.h:1064 (sweetspot+0x4)"
GRPC = "grpc::internal::CallOpSet::Run() /usr/include/grpcpp/impl/codegen/call_op_set.h:9 (sweetspot+0x5)"
LIBRARY = "grpc_core::Call::Unref() <null> (libgrpc.so.29+0x6)"
NEW = "operator new(unsigned long) ../../src/libsanitizer/tsan/tsan_new_delete.cpp:64 (libtsan.so.2+0x7)"


def report(*stacks):
    parts = [f"  {what} of size 8 at 0x7b10 by thread T2:\n" + "".join(f"    #{i} {frame}\n" for i, frame in enumerate(stack))
             for what, stack in zip(("Write", "Previous read"), stacks)]
    return "=" * 18 + "\nWARNING: ThreadSanitizer: data race (pid=1)\n" + "\n".join(parts) + "\n" + "=" * 18 + "\n"


@pytest.mark.parametrize("stacks, is_ours", [
    (([OURS], [OTHER_OF_OURS]), True),
    (([STANDARD, OURS, GRPC], [NEW, OTHER_OF_OURS, LIBRARY]), True),  # on a thread of gRPC's, but by us
    (([GRPC, OURS], [OTHER_OF_OURS]), False),
    (([LIBRARY], [OURS]), False),
    (([STANDARD, OURS], [NEW, MAKING, LIBRARY]), False),
])
def test_a_race_is_ours_where_both_accesses_are(stacks, is_ours):
    races = loaded(TESTS / "support/races.py")
    assert [places for places, _ in races.races(report(*stacks))] == (
        [("service/control/api/access.cpp:141", "service/control/api/gate.cpp:29")] if is_ours else [])


def test_coverage_is_of_our_files_and_counts_a_function_once():
    coverage = loaded(TESTS / "fuzz/coverage.py")
    lines = ["COVERED_FUNC: hits: 9 edges: 3/8 sweetspot::read(char const*) /some/where/../service/proxy/framing/head.cpp:12\n",
             "UNCOVERED_FUNC: hits: 0 edges: 0/8 sweetspot::read(char const*) /some/where/../service/proxy/framing/head.cpp:12\n",
             "UNCOVERED_FUNC: hits: 0 edges: 0/2 sweetspot::skip() /some/where/../service/proxy/framing/head.cpp:40\n",
             "UNCOVERED_FUNC: hits: 0 edges: 0/7 sweetspot::dial() /some/where/../service/proxy/io/tls.cpp:4\n",
             "COVERED_FUNC: hits: 1 edges: 1/1 std::find() /usr/include/c++/12/bits/stl_algo.h:7\n"]
    assert coverage.files(lines) == {"service/proxy/framing/head.cpp": [3, 10]}


def test_ports_are_not_those_that_the_kernel_gives_away():
    processes = loaded(TESTS / "support/processes.py")
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {processes.free_port() for _ in range(300)}
    assert len(ports) == 300
    assert first <= 21000 or max(ports) < first
