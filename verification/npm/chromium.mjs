// Headless Chromium, driven through its DevTools protocol over a pipe: no port, and no driver that must fit its version.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE_MILLIS = 20_000;

export class Browser {
  #process;
  #profile = mkdtempSync(join(tmpdir(), "tidewire-chromium-"));
  #waiting = new Map();
  #lastId = 0;
  #received = Buffer.alloc(0);

  /** Starts it with more arguments than those that everybody wants. */
  constructor(executable, ...more) {
    this.#process = spawn(
      executable,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
        `--user-data-dir=${this.#profile}`, "--remote-debugging-pipe", ...more, "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
    this.#process.stderr.resume();
    this.#process.on("exit", code => this.#failAll(new Error(`Chromium ended with ${code}`)));
    this.#process.stdio[4].on("data", chunk => this.#receive(chunk));
  }

  /** Calls a method of the protocol and gives its result. */
  call(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastId;
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.#waiting.set(id, { method, resolve, reject }));
  }

  async open(url, width, height) {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.call(method, params, sessionId));
    await page.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await page.call("Page.navigate", { url });
    return page;
  }

  async close() {
    if (this.#process.exitCode === null) {
      const ended = new Promise(resolve => this.#process.once("exit", resolve));
      this.call("Browser.close").catch(() => this.#process.kill());
      await ended;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #receive(chunk) {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let end = this.#received.indexOf(0); end >= 0; end = this.#received.indexOf(0)) {
      this.#answer(JSON.parse(this.#received.subarray(0, end).toString()));
      this.#received = this.#received.subarray(end + 1);
    }
  }

  #answer({ id, result, error }) {
    const call = this.#waiting.get(id);
    if (!call) return; // an event, which nobody here asked for
    this.#waiting.delete(id);
    if (error) call.reject(new Error(`${call.method}: ${error.message}`));
    else call.resolve(result);
  }

  #failAll(error) {
    for (const call of this.#waiting.values()) call.reject(error);
    this.#waiting.clear();
  }
}

class Page {
  constructor(call) {
    this.call = call;
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression) {
    const deadline = Date.now() + PATIENCE_MILLIS;
    while (!(await this.evaluate(`Boolean(${expression})`).catch(() => false))) {
      if (Date.now() > deadline) {
        throw new Error(`never came true: ${expression}; the page says: ${await this.evaluate("document.body.innerText")}`);
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** Presses and releases the mouse in the middle of an element, which must be there to be seen. */
  async click(selector) {
    const { x, y } = await this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center" });
      const box = element.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    })()`);
    const button = { x, y, button: "left", clickCount: 1 };
    await this.call("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  /** Types into a field. */
  async type(selector, text) {
    await this.click(selector);
    await this.call("Input.insertText", { text });
  }

  async screenshot(file) {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
