// Speaks compressed WebSocket to an echo server with every window, or those that are named, and both kinds
// of context: node ws-deflate.mjs <url> [<window bits of the server> ...].
import assert from "node:assert/strict";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import WebSocket from "ws";

const [url, ...named] = process.argv.slice(2);
const windows = named.length > 0 ? named.map(Number) : [8, 9, 10, 11, 12, 13, 14, 15];
const json = JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ id: i, name: `user ${i}`, online: i % 3 === 0 })));
const messages = [
  "", "a", "hello hello hello hello", json, json.replaceAll("user", "member"), "x".repeat(300_000),
  randomBytes(0), randomBytes(1), randomBytes(5_000), randomBytes(70_000), Buffer.alloc(1024 * 1024, 7)
];

let conversations = 0;
for (const server of windows) {
  for (const client of [true, 9, 12, 15]) {
    for (const alone of [false, true]) {
      const offer = { serverMaxWindowBits: server, clientMaxWindowBits: client, threshold: 0 };
      if (alone) Object.assign(offer, { serverNoContextTakeover: true, clientNoContextTakeover: true });
      await converse(offer);
      conversations++;
    }
  }
}
console.log(`${conversations} conversations`);

async function converse(offer) {
  const socket = new WebSocket(url, { perMessageDeflate: offer });
  await once(socket, "open");
  assert.match(socket.extensions, /^permessage-deflate/, `not agreed: ${JSON.stringify(offer)}`);
  assert.ok(agreedServerBits(socket) <= offer.serverMaxWindowBits, socket.extensions);
  for (const round of [1, 2]) {
    for (const message of messages) {
      socket.send(message);
      const [data, isBinary] = await once(socket, "message");
      assert.equal(isBinary, typeof message !== "string");
      assert.ok(Buffer.from(message).equals(data), `${JSON.stringify(offer)}, round ${round}`);
    }
    socket.send(json.slice(0, 700), { fin: false });
    socket.send(json.slice(700), { fin: true });
    const [whole] = await once(socket, "message");
    assert.equal(whole.toString(), json);
  }
  socket.close(1000);
  const [code] = await once(socket, "close");
  assert.equal(code, 1000);
}

function agreedServerBits(socket) {
  return socket._extensions["permessage-deflate"].params.server_max_window_bits;
}
