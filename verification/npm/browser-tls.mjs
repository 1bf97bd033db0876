// Converses with an echo server, compressed and within TLS, from a page of its own in headless Chromium:
// node browser-tls.mjs <chromium> <page> <SHA-256 of the public key to trust, in base64>.
import assert from "node:assert/strict";
import { Browser } from "./chromium.mjs";

/** Runs in the page; what went wrong is its outcome. */
async function converse() {
  const socket = new WebSocket(location.href.replace("https:", "wss:"));
  socket.binaryType = "arraybuffer";
  const next = event => new Promise((resolve, reject) => {
    socket.addEventListener(event, resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error(`an error in place of ${event}`)), { once: true });
  });
  const echo = async data => {
    socket.send(data);
    return (await next("message")).data;
  };
  await next("open");
  for (const text of ["", "hello", "ünïcödé 🌊", "x".repeat(1024 * 1024)]) {
    if ((await echo(text)) !== text) throw new Error(`${text.length} characters came back otherwise`);
  }
  for (const size of [0, 1, 126, 65_536, 1024 * 1024]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * i) >> 5);
    const back = new Uint8Array(await echo(bytes));
    if (back.length !== size || back.some((b, i) => b !== bytes[i])) throw new Error(`${size} bytes came back otherwise`);
  }
  const closed = next("close");
  socket.close(4000, "bye");
  const { code, wasClean } = await closed;
  return { extensions: socket.extensions, code, wasClean, secure: isSecureContext };
}

const [executable, url, key] = process.argv.slice(2);
const browser = new Browser(executable, `--ignore-certificate-errors-spki-list=${key}`);
try {
  const page = await browser.open(url, 800, 600);
  await page.until(`document.title === "Tidewire"`);
  await page.evaluate(`void (${converse})().then(o => { window.outcome = o; }, e => { window.outcome = { failure: String(e) }; })`);
  await page.until("window.outcome");
  const { extensions, ...outcome } = await page.evaluate("window.outcome");
  assert.deepEqual(outcome, { code: 4000, wasClean: true, secure: true });
  assert.match(extensions, /^permessage-deflate/);
} finally {
  await browser.close();
}
