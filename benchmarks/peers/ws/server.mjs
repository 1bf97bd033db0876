// npm's ws with the native bufferutil that its README recommends.
// Arguments: port, then "deflate", or "tls" with a certificate, its key and both in one PKCS #12 file.
import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { WebSocketServer } from 'ws';

const [port, mode, certificate, key] = process.argv.slice(2);
const server = mode === 'tls'
  ? createSecure({ cert: readFileSync(certificate), key: readFileSync(key) })
  : createPlain();
const sockets = new WebSocketServer({
  server,
  maxPayload: 64 << 20,
  perMessageDeflate: mode === 'deflate',
});
const room = new Set();

sockets.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/broadcast') {
    room.add(socket);
    socket.on('close', () => room.delete(socket));
    socket.on('message', (data, binary) => room.forEach((member) => member.send(data, { binary })));
  } else if (request.url === '/sink') {
    socket.on('message', () => {});
  } else {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  }
});

server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 });
