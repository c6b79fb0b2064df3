"""A WebSocket server that says whatever it is told, and serves one page at /page. Prints `ready
listen=HOST:PORT` and serves until it is killed."""

import asyncio
import http

import websockets


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def page(path, _headers):
    if path == "/page":
        body = b"<!DOCTYPE html><title>echo</title>"
        return http.HTTPStatus.OK, [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], body
    return None


async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, process_request=page, max_size=1 << 24) as server:
        print("ready listen=127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
