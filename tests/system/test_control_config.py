"""The configuration over the control API: asked for, checked, exchanged."""

import json
import subprocess

import grpc
import pytest

from processes import Failed
from stubs import generate


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """Control's messages and services, and the error details."""
    control, errors = generate(tmp_path_factory.mktemp("stubs"), "sweetspot/v1/control", "sweetspot/v1/errors")
    return *control, errors[0]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sidecar.yaml"
    path.write_text("limit: {max: 64}\nbypass: {paths: [/healthz, /ready]}\n")
    return path


@pytest.fixture
def sidecar(sweetspot, file):
    with sweetspot.sidecar("127.0.0.1:1", "--config", file, "--queue.timeout", "3s") as program:
        yield program


def keys(sweetspot, sidecar, *names):
    config = json.loads(sweetspot.ctl(sidecar.ready["control"], "config", "get", *names, "-o", "json"))
    return {key["name"]: key for key in config["keys"]}


def test_each_value_is_shown_with_where_it_was_said(sweetspot, sidecar, file):
    found = keys(sweetspot, sidecar)
    assert (found["limit.max"]["value"], found["limit.max"]["where"]) == ("64", f"{file}:1")
    assert (found["queue.timeout"]["value"], found["queue.timeout"]["where"]) == ("3s", "--queue.timeout")
    assert (found["workers"]["value"], found["workers"]["where"], found["workers"]["live"]) == ("1", "", False)
    assert list(keys(sweetspot, sidecar, "mode")) == ["mode"]
    with pytest.raises(Failed, match="no key mood"):
        sweetspot.ctl(sidecar.ready["control"], "config", "get", "mood")


def test_what_is_shown_is_what_is_in_force(sweetspot, sidecar, tmp_path):
    """The text is a document for --config: applied, it changes nothing."""
    shown = tmp_path / "shown.yaml"
    shown.write_text(sweetspot.ctl(sidecar.ready["control"], "config", "get"))
    assert sweetspot.ctl(sidecar.ready["control"], "config", "check", str(shown)) == "nothing to change\n"


def test_nothing_recorded_is_nothing_to_export(sweetspot, sidecar):
    with pytest.raises(Failed, match="set recording.file"):
        sweetspot.ctl(sidecar.ready["control"], "windows")


def test_a_check_changes_nothing(sweetspot, sidecar, file):
    control = sidecar.ready["control"]
    file.write_text("limit: {max: 6}\nworkers: 2\n")
    said = sweetspot.ctl(control, "config", "check", str(file))
    assert "would change at once: limit.max" in said and "waits for a restart: workers" in said
    file.write_text("limit:\n  max: many\n")
    for command in ("check", "apply"):
        done = subprocess.run([sweetspot.folder / "sweetspotctl", "--address", control, "config", command, file],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and f"{file}:2: limit.max: found many" in done.stdout + done.stderr


def test_a_document_is_applied_and_remembered_with_who_and_why(sweetspot, sidecar, tmp_path):
    control, document = sidecar.ready["control"], tmp_path / "new.yaml"
    document.write_text("limit: {max: 6}\nrequest: {timeout: 7s}\nworkers: 2\n")
    said = sweetspot.ctl(control, "config", "apply", str(document), "--reason", "a smaller machine")
    assert "changed at once: limit.max" in said and "waits for a restart: workers" in said
    found = keys(sweetspot, sidecar)
    assert (found["request.timeout"]["value"], found["workers"]["value"]) == ("7s", "1")
    assert found["queue.timeout"]["value"] == "3s"  # a flag goes on winning
    status = sweetspot.status(control)
    assert (status["limit"], status["limit_max"]) == (6, 6)
    last = status["last_verdict"]
    assert (last["action"], last["reason"], last["comment"]) == ("config", "configured", "a smaller machine")
    assert last["who"] and "request.timeout" in last["sentence"]


def test_a_mistake_is_named_by_its_field_and_changes_nothing(stubs, sweetspot, sidecar):
    messages, services, errors = stubs
    with grpc.insecure_channel(sidecar.ready["control"]) as channel:
        control = services.ControlStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            control.ApplyConfig(messages.ApplyConfigRequest(document="limit: {max: 5}\nqueue: {size: many}\nmood: 1\n"),
                                timeout=10)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "document:2: queue.size: found many, allowed:" in error.value.details()
        details = next(value for key, value in error.value.trailing_metadata() if key == "grpc-status-details-bin")
        status = errors.ErrorStatus.FromString(details)
        assert status.details[0].type_url == "type.googleapis.com/google.rpc.BadRequest"
        violations = errors.BadRequest.FromString(status.details[0].value).field_violations
        assert {v.field for v in violations} >= {"queue.size", "mood"}
        assert control.GetStatus(messages.GetStatusRequest(), timeout=10).limit_max == 64


def test_many_mistakes_are_still_an_answer(stubs, sidecar):
    messages, services, _ = stubs
    document = "".join(f"wrong_{i}: \u00e4\u00f6\n" for i in range(3000))
    with grpc.insecure_channel(sidecar.ready["control"]) as channel:
        control = services.ControlStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            control.ApplyConfig(messages.ApplyConfigRequest(document=document), timeout=10)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "and 2995 more" in error.value.details()
        review = control.ValidateConfig(messages.ValidateConfigRequest(document=document), timeout=10)
        assert len(review.errors) == 1000


def test_a_retry_is_not_applied_again(stubs, sweetspot, sidecar):
    messages, services, _ = stubs
    with grpc.insecure_channel(sidecar.ready["control"]) as channel:
        control = services.ControlStub(channel)
        request = messages.ApplyConfigRequest(document="limit: {max: 32}", request_id="r1")
        assert "limit.max" in control.ApplyConfig(request, timeout=10).applied
        control.SetBounds(messages.SetBoundsRequest(max=16), timeout=10)
        before = control.GetStatus(messages.GetStatusRequest(), timeout=10).last_verdict.sequence
        control.ApplyConfig(request, timeout=10)
        after = control.GetStatus(messages.GetStatusRequest(), timeout=10)
        assert (after.last_verdict.sequence, after.limit_max) == (before, 16)
