"""The control API from a client that is not ours: Python's grpcio with generated stubs."""

import grpc
import pytest

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from processes import until
from stubs import generate


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """(control, reflection, health), each (messages, services)."""
    return generate(tmp_path_factory.mktemp("stubs"), "sweetspot/v1/control", "grpc/reflection/v1alpha/reflection",
                    "grpc/health/v1/health")


@pytest.fixture
def sidecar(sweetspot):
    with sweetspot.sidecar("127.0.0.1:1", "--limit.initial", "8", "--limit.max", "100") as program:
        yield program


@pytest.fixture
def channel(sidecar):
    with grpc.insecure_channel(sidecar.ready["control"]) as open_channel:
        yield open_channel


def test_status_and_set_limit(stubs, channel):
    messages, services = stubs[0]
    control = services.ControlStub(channel)
    assert control.GetStatus(messages.GetStatusRequest(), timeout=10).limit == 8
    status = control.SetLimit(messages.SetLimitRequest(limit=12, comment="trial"), timeout=10)
    assert (status.limit, status.pinned, status.last_verdict.reason) == (12, True, "pinned")
    status = control.Retune(messages.RetuneRequest(), timeout=10)
    assert (status.pinned, status.last_verdict.reason) == (False, "retune")


@pytest.mark.parametrize("limit", [0, -5, 101, 2**31 - 1])
def test_a_limit_outside_the_bounds_is_refused(stubs, channel, limit):
    messages, services = stubs[0]
    control = services.ControlStub(channel)
    with pytest.raises(grpc.RpcError) as error:
        control.SetLimit(messages.SetLimitRequest(limit=limit), timeout=10)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "limit" in error.value.details() and "100" in error.value.details()
    assert control.GetStatus(messages.GetStatusRequest(), timeout=10).limit == 8


def test_watch_streams_status_and_verdicts(stubs, channel):
    messages, services = stubs[0]
    control = services.ControlStub(channel)
    stream = control.Watch(messages.WatchRequest(status_interval_ms=100), timeout=20)
    assert next(stream).HasField("status")
    control.SetLimit(messages.SetLimitRequest(limit=20), timeout=10)
    verdict = next(e.verdict for e in stream if e.HasField("verdict"))
    assert (verdict.to, verdict.reason) == (20, "pinned") and "20" in verdict.sentence
    assert next(e.status for e in stream if e.HasField("status")).limit == 20
    stream.cancel()


def test_reflection_lists_the_services(stubs, channel):
    messages, services = stubs[1]
    request = messages.ServerReflectionRequest(list_services="")
    answer = next(services.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]), timeout=10))
    names = {s.name for s in answer.list_services_response.service}
    assert {"sweetspot.v1.Control", "grpc.health.v1.Health"} <= names


def test_reflection_alone_is_enough_for_a_client(stubs, channel):
    """What a generic client does: the contract from the sidecar itself, then a call by it."""
    messages, services = stubs[1]
    request = messages.ServerReflectionRequest(file_containing_symbol="sweetspot.v1.Control")
    answer = next(services.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]), timeout=10))
    pool = descriptor_pool.DescriptorPool()
    for encoded in answer.file_descriptor_response.file_descriptor_proto:
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(encoded))
    service = pool.FindServiceByName("sweetspot.v1.Control")
    assert {m.name for m in service.methods} >= {"GetStatus", "Watch", "SetLimit", "Retune", "GetCurve", "ApplyConfig"}
    status_type = message_factory.MessageFactory(pool).GetPrototype(service.methods_by_name["GetStatus"].output_type)
    call = channel.unary_unary("/sweetspot.v1.Control/GetStatus", request_serializer=lambda _: b"",
                               response_deserializer=status_type.FromString)
    assert call(None, timeout=10).limit == 8


def test_health_says_serving(stubs, channel):
    messages, services = stubs[2]
    answer = services.HealthStub(channel).Check(messages.HealthCheckRequest(), timeout=10)
    assert answer.status == messages.HealthCheckResponse.SERVING


def test_ctl_agrees_with_the_api(sweetspot, sidecar):
    address = sidecar.ready["control"]
    sweetspot.ctl(address, "pin", "9")
    until(lambda: sweetspot.status(address)["limit"] == 9)
    status = sweetspot.status(address)
    assert status["pinned"] and status["last_verdict"]["reason"] == "pinned"
    assert {"limit", "in_flight", "queued", "state", "objective", "mode", "pinned"} <= set(status)
