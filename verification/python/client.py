"""Speaks to a server as Python's `websockets` does: python3 client.py <url> <conversation> [<offer>].

An offer is `default` (what the library offers by itself), `none`, or the window bits of server and client, with `alone`
behind them to take no context over: `9,12` or `15,15,alone`. The environment's SSL_CERT_FILE names the authority to trust.
Ends with 0 when all went as it should.
"""
import asyncio
import json
import random
import ssl
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

MIB = 1024 * 1024
JSON = json.dumps([{"id": i, "name": f"user {i}", "online": i % 3 == 0} for i in range(40)])
NOISE = random.Random(1).randbytes(MIB)


async def echo(socket, message):
    await socket.send(message)
    assert await socket.recv() == message


async def text(socket):
    for message in ["", "hello", "ünïcödé 🌊", JSON, JSON.replace("user", "member"), "x" * MIB]:
        await echo(socket, message)


async def binary(socket):
    for size in [0, 1, 125, 126, 65_535, 65_536, MIB]:
        await echo(socket, bytes(size))
        await echo(socket, NOISE[:size])


async def fragments(socket):
    await socket.send(["one ", "", "two ", "three"])
    assert await socket.recv() == "one two three"
    await socket.send([NOISE[:70_000], bytes(70_000), NOISE[:1]])
    assert await socket.recv() == NOISE[:70_000] + bytes(70_000) + NOISE[:1]


async def fragments_of_the_server(socket):
    await socket.send("fragments")
    assert await socket.recv() == "one two three"


async def everything(socket):
    for conversation in (text, binary, fragments, fragments_of_the_server, text):
        await conversation(socket)


async def ping(socket):
    await asyncio.wait_for(await socket.ping("are you there"), 20)


async def close_by_the_client(socket):
    await socket.close(4000, "bye")
    assert socket.close_code == 4000, socket.close_code


async def close_without_a_word(socket):
    await socket.close()
    assert socket.close_code == 1000, socket.close_code


async def close_by_the_server(socket):
    await socket.send("close")
    try:
        await socket.recv()
    except websockets.ConnectionClosed as closed:
        assert (closed.rcvd.code, closed.rcvd.reason) == (4001, "enough"), closed
    else:
        raise AssertionError("the server does not close")


async def text_that_is_too_long(socket):
    await socket.send("x" * (MIB + 1))
    try:
        await socket.recv()
    except websockets.ConnectionClosed as closed:
        assert closed.rcvd.code == 1009, closed
    else:
        raise AssertionError("the server takes more than its limit")


def offered(offer):
    if offer == "default":
        return {"compression": "deflate"}
    if offer == "none":
        return {"compression": None}
    server, client, *alone = offer.split(",")
    factory = ClientPerMessageDeflateFactory(
        server_no_context_takeover=bool(alone),
        client_no_context_takeover=bool(alone),
        server_max_window_bits=int(server),
        client_max_window_bits=int(client),
    )
    return {"compression": None, "extensions": [factory]}


def check(agreed, offer):
    if offer == "none":
        assert not agreed, agreed
        return
    (deflate,) = agreed
    if offer == "default":
        return
    server, client, *alone = offer.split(",")
    assert deflate.remote_max_window_bits == int(server), deflate
    assert deflate.local_max_window_bits == int(client), deflate
    assert deflate.remote_no_context_takeover == deflate.local_no_context_takeover == bool(alone), deflate


async def main(url, conversation, offer="none"):
    tls = {"ssl": ssl.create_default_context()} if url.startswith("wss:") else {}
    async with websockets.connect(url, max_size=2 * MIB, **offered(offer), **tls) as socket:
        # Where version 14 and later keep them, and where earlier ones do.
        check(getattr(socket, "protocol", socket).extensions, offer)
        await globals()[conversation.replace(" ", "_")](socket)


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
