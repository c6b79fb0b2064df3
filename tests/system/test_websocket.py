"""WebSockets of a client that nobody here wrote, through the proxy."""

import asyncio
import os

import pytest

from processes import ROOT, Program, until

websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")


@pytest.fixture(scope="module")
def sidecar(sweetspot):
    with Program(["/usr/bin/python3", ROOT / "tests/support/websocket_echo.py"], ready=r"^ready ") as server, \
            sweetspot.sidecar(server.ready["listen"], "--limit.pin", "4") as sidecar:
        yield sidecar


def test_messages_of_all_sizes_come_back(sidecar):
    messages = ["text", "", os.urandom(125), os.urandom(126), os.urandom(70000), os.urandom(1 << 20), "ä€🙂" * 1000]

    async def talk():
        async with websockets.connect(f"ws://{sidecar.ready['proxy']}/", max_size=1 << 24) as client:
            for message in messages:
                await client.send(message)
                assert await client.recv() == message
            await (await client.ping())
            await client.close(4000, "enough")
            return client.close_code, client.close_reason
    assert asyncio.run(asyncio.wait_for(talk(), 30)) == (4000, "enough")


def test_many_talk_at_once_and_each_holds_a_permit(sidecar, sweetspot):
    async def talk():
        clients = [await websockets.connect(f"ws://{sidecar.ready['proxy']}/") for _ in range(4)]
        held = sweetspot.status(sidecar.ready["control"])["in_flight"]
        for i in range(50):
            await asyncio.gather(*(client.send(f"{i}") for client in clients))
            assert await asyncio.gather(*(client.recv() for client in clients)) == [f"{i}"] * 4
        await asyncio.gather(*(client.close() for client in clients))
        return held
    assert asyncio.run(asyncio.wait_for(talk(), 30)) == 4
    until(lambda: sweetspot.status(sidecar.ready["control"])["in_flight"] == 0, what="the permits' return")
