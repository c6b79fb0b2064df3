"""Who may use the control API: TLS and tokens, right, wrong, missing, expired, rotated."""

import subprocess

import grpc
import pytest

from certificates import make_certificate
from processes import Failed, Program, until
from stubs import generate

ALICE, BOB, OLD = "alices-secret-0001", "bobs-secret-00001", "expired-secret-001"
TOKENS = f"""
alice operator {ALICE}
bob   reader   {BOB}
old   operator {OLD} 2020-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    for name, ca in [("ca", None), ("other-ca", None), ("server", "ca"), ("carol", "ca"), ("dave", "ca"),
                     ("mallory", "other-ca")]:
        make_certificate(folder, name, ca)
    make_certificate(folder, "eve", "ca", days=-1)  # its time is over
    return folder


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("stubs"), "sweetspot/v1/control")[0]


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(TOKENS)
    return path


def sidecar_at(sweetspot, control, *flags):
    return Program([sweetspot.folder / "sweetspot", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                    "--upstream", "127.0.0.1:1", "--control", control, *flags], ready=r"^ready ")


def tls(pki, name=None, ca="ca"):
    read = lambda file: (pki / file).read_bytes()
    return grpc.ssl_channel_credentials(read(f"{ca}.pem"), name and read(f"{name}.key"),
                                        name and read(f"{name}.pem"))


def outcome(stubs, sidecar, credentials, token=None):
    """The codes of a question and of an order."""
    messages, services = stubs
    address = "localhost:" + sidecar.ready["control"].rsplit(":", 1)[1]
    channel = grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
    metadata = [("authorization", f"Bearer {token}")] if token else []
    codes = []
    with channel:
        control = services.ControlStub(channel)
        for method, request in [(control.GetStatus, messages.GetStatusRequest()),
                                (control.SetLimit, messages.SetLimitRequest(limit=9))]:
            try:
                method(request, metadata=metadata, timeout=10)
                codes.append("OK")
            except grpc.RpcError as error:
                codes.append(error.code().name)
    return codes


def test_tokens(stubs, sweetspot, tokens):
    with sweetspot.sidecar("127.0.0.1:1", "--access.tokens", tokens) as sidecar:
        assert outcome(stubs, sidecar, None, ALICE) == ["OK", "OK"]
        assert outcome(stubs, sidecar, None, BOB) == ["OK", "PERMISSION_DENIED"]
        for token in (None, "a-wrong-secret-00001", ALICE[:-1], OLD):
            assert outcome(stubs, sidecar, None, token) == ["UNAUTHENTICATED"] * 2
        tokens.write_text(TOKENS.replace(ALICE, "alices-new-secret-2"))
        assert outcome(stubs, sidecar, None, ALICE) == ["UNAUTHENTICATED"] * 2
        assert outcome(stubs, sidecar, None, "alices-new-secret-2") == ["OK", "OK"]


def test_client_certificates(stubs, sweetspot, pki):
    with sidecar_at(sweetspot, "0.0.0.0:0", "--access.certificate", pki / "server.pem",
                           "--access.key", pki / "server.key", "--access.client_ca", pki / "ca.pem",
                           "--access.operators", "carol") as sidecar:
        assert outcome(stubs, sidecar, tls(pki, "carol")) == ["OK", "OK"]
        assert outcome(stubs, sidecar, tls(pki, "dave")) == ["OK", "PERMISSION_DENIED"]
        for name in (None, "mallory", "eve"):  # none, of another authority, expired
            assert outcome(stubs, sidecar, tls(pki, name)) == ["UNAVAILABLE"] * 2
        assert outcome(stubs, sidecar, tls(pki, "carol", ca="other-ca")) == ["UNAVAILABLE"] * 2
        assert outcome(stubs, sidecar, None) == ["UNAVAILABLE"] * 2  # no TLS at all


def test_rotated_certificates_count_without_a_restart(stubs, sweetspot, pki, tmp_path):
    make_certificate(tmp_path, "ca", None)
    for name in ("server", "carol"):
        make_certificate(tmp_path, name, "ca")
    for kind in ("pem", "key"):  # what the sidecar starts with is of the other authority
        (tmp_path / f"in-use.{kind}").write_bytes((pki / f"server.{kind}").read_bytes())
    (tmp_path / "clients.pem").write_bytes((pki / "ca.pem").read_bytes())
    with sidecar_at(sweetspot, "0.0.0.0:0", "--access.certificate", tmp_path / "in-use.pem", "--access.key",
                    tmp_path / "in-use.key", "--access.client_ca", tmp_path / "clients.pem",
                    "--access.operators", "carol") as sidecar:
        assert outcome(stubs, sidecar, tls(pki, "carol")) == ["OK", "OK"]
        for kind in ("pem", "key"):
            (tmp_path / f"in-use.{kind}").write_bytes((tmp_path / f"server.{kind}").read_bytes())
        (tmp_path / "clients.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
        until(lambda: outcome(stubs, sidecar, tls(tmp_path, "carol")) == ["OK", "OK"], timeout=40)
        assert outcome(stubs, sidecar, tls(pki, "carol")) == ["UNAVAILABLE"] * 2


def test_tokens_over_tls(stubs, sweetspot, pki, tokens, tmp_path):
    (tmp_path / "token").write_text(ALICE + "\n")
    with sidecar_at(sweetspot, "0.0.0.0:0", "--access.certificate", pki / "server.pem",
                           "--access.key", pki / "server.key", "--access.tokens", tokens) as sidecar:
        assert outcome(stubs, sidecar, tls(pki), ALICE) == ["OK", "OK"]
        assert outcome(stubs, sidecar, tls(pki)) == ["UNAUTHENTICATED"] * 2
        address = "localhost:" + sidecar.ready["control"].rsplit(":", 1)[1]
        sweetspot.ctl(address, "--ca", str(pki / "ca.pem"), "--token-file", str(tmp_path / "token"), "pin", "7")
        with pytest.raises(Failed, match="who calls"):
            sweetspot.ctl(address, "--ca", str(pki / "ca.pem"), "status")
        log = sweetspot.ctl(address, "--ca", str(pki / "ca.pem"), "--token-file", str(tmp_path / "token"),
                            "log", "-o", "json", "--count", "1")
        assert '"who":"alice"' in log


@pytest.mark.parametrize("flags", [[], ["--access.tokens", "{tokens}"], ["--access.certificate", "{tokens}"]])
def test_no_start_where_anybody_could_call(sweetspot, tokens, flags):
    done = subprocess.run([sweetspot.folder / "sweetspot", "--control", "0.0.0.0:0", "--check",
                           *(flag.format(tokens=tokens) for flag in flags)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "access.certificate" in done.stderr


def test_wrong_files_are_wrong_configuration(sweetspot, pki, tokens, tmp_path):
    (tmp_path / "text").write_text("alice operator\n")
    secured = ["--access.certificate", pki / "server.pem", "--access.key", pki / "server.key"]
    for flags, problem in (
            (["--access.tokens", tmp_path / "none"], f"access.tokens: {tmp_path}/none: cannot be read: No such file"),
            (["--access.tokens", tmp_path / "text"], f"access.tokens: {tmp_path}/text: line 1: "),
            ([*secured, "--access.client_ca", tmp_path / "none"], f"access.client_ca: {tmp_path}/none: cannot be read"),
            ([*secured[:-1], tmp_path / "text"], f"access.key: {tmp_path}/text: holds no PEM")):
        for check in ([], ["--check"]):
            done = subprocess.run([sweetspot.folder / "sweetspot", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                                   "--control", "127.0.0.1:0", *check, *flags], capture_output=True, text=True, timeout=20)
            assert done.returncode == 2 and problem in done.stderr, done.stderr


def test_a_unix_socket_for_its_owner_alone(sweetspot, sockets):
    path = sockets / "control.sock"
    with sidecar_at(sweetspot, f"unix:{path}", "--limit.initial", "8") as sidecar:
        assert sidecar.ready["control"] == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o600
        assert sweetspot.status(f"unix:{path}")["limit"] == 8


def test_decisions_outlive_a_kill(sweetspot, tmp_path):
    path, given = tmp_path / "decisions", 0
    flags = ["--decisions.file", path, "--limit.initial", "8"]
    for round_number in range(1, 4):
        with sweetspot.sidecar("127.0.0.1:1", *flags) as sidecar:
            control = sidecar.ready["control"]
            for limit in (10, 20, 30):
                sweetspot.ctl(control, "pin", str(limit), "--comment", f"round {round_number}")
            last = sweetspot.status(control)["last_verdict"]
            assert last["sequence"] == given + 4 or round_number > 1
            given = last["sequence"]
            sidecar.process.kill()
            sidecar.process.wait()
    with sweetspot.sidecar("127.0.0.1:1", *flags) as sidecar:
        log = sweetspot.ctl(sidecar.ready["control"], "log")
        assert "round 1" in log and "round 2" in log and "start at 8" in log
        newest = sweetspot.status(sidecar.ready["control"])["last_verdict"]["sequence"]
        assert given <= newest <= given + 1  # the kill lost at most the last one


def test_a_watch_resumes_where_it_ended(stubs, sweetspot):
    messages, services = stubs
    with sweetspot.sidecar("127.0.0.1:1") as sidecar, grpc.insecure_channel(sidecar.ready["control"]) as channel:
        control = services.ControlStub(channel)
        for limit in (10, 20, 30):
            last = control.SetLimit(messages.SetLimitRequest(limit=limit), timeout=10).last_verdict.sequence
        stream = control.Watch(messages.WatchRequest(after_sequence=last - 2), timeout=20)
        assert [next(stream).verdict.to for _ in range(2)] == [20, 30]
        assert next(stream).HasField("status")
        stream.cancel()
        with pytest.raises(grpc.RpcError) as error:
            next(control.Watch(messages.WatchRequest(after_sequence=last + 1), timeout=20))
        assert error.value.code() == grpc.StatusCode.OUT_OF_RANGE
