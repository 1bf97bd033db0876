// Speaks to a server as npm's `ws` does: node ws-client.mjs <url> <conversation>. Ends with 0 when all went as it should.
import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const MIB = 1024 * 1024;

const conversations = {
  async text(socket) {
    for (const text of ["", "hello", "ünïcödé 🌊", "x".repeat(65_536)]) {
      socket.send(text);
      assert.equal(await message(socket), text);
    }
  },

  async binary(socket) {
    for (const size of [0, 1, 125, 126, 65_535, 65_536, MIB]) {
      const bytes = Buffer.alloc(size, size % 251);
      socket.send(bytes);
      assert.deepEqual(await message(socket), bytes);
    }
  },

  async fragments(socket) {
    socket.send("one ", { fin: false });
    socket.ping();
    socket.send("two ", { fin: false });
    socket.send("three", { fin: true });
    assert.equal(await message(socket), "one two three");
  },

  async "fragments of the server"(socket) {
    socket.send("fragments");
    assert.equal(await message(socket), "one two three");
  },

  async ping(socket) {
    const pong = once(socket, "pong");
    socket.ping("are you there");
    assert.equal((await pong)[0].toString(), "are you there");
  },

  async "ping of the server"(socket) {
    const ping = once(socket, "ping");
    socket.send("ping");
    assert.equal((await ping)[0].toString(), "are you there");
  },

  async "many messages"(socket) {
    const count = 20_000;
    const all = new Promise(resolve => {
      const received = [];
      socket.on("message", data => received.push(data.toString()) === count && resolve(received));
    });
    const sent = Array.from({ length: count }, (_, i) => `message ${i}`);
    sent.forEach(text => socket.send(text));
    assert.deepEqual(await all, sent);
  },

  async "close by the client"(socket) {
    const closed = once(socket, "close");
    socket.close(4000, "bye");
    assert.deepEqual(await closeOf(closed), { code: 4000, reason: "" });
  },

  async "close without a code"(socket) {
    const closed = once(socket, "close");
    socket.close();
    assert.deepEqual(await closeOf(closed), { code: 1005, reason: "" });
  },

  async "close by the server"(socket) {
    const closed = once(socket, "close");
    socket.send("close");
    assert.deepEqual(await closeOf(closed), { code: 4001, reason: "enough" });
  },

  async subprotocol(socket) {
    assert.equal(socket.protocol, "chat.v2");
  },
};

async function message(socket) {
  const [data, isBinary] = await once(socket, "message");
  return isBinary ? data : data.toString();
}

async function closeOf(event) {
  const [code, reason] = await event;
  return { code, reason: reason.toString() };
}

async function refused(url) {
  const socket = new WebSocket(url, { origin: "https://elsewhere.example" });
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, 403);
  response.destroy();
}

async function open(url) {
  const socket = new WebSocket(url, ["chat.v1", "chat.v2"]);
  await once(socket, "open");
  return socket;
}

const [url, name] = process.argv.slice(2);
if (name === "refused handshake") {
  await refused(url);
} else {
  const socket = await open(url);
  await conversations[name](socket);
  if (socket.readyState === WebSocket.OPEN) {
    const closed = once(socket, "close");
    socket.close(1000);
    await closed;
  }
}
