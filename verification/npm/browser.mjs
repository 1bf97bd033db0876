// Uses the demo's page as a person would, in headless Chromium: node browser.mjs <chromium> <page> <folder for screenshots>.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "./chromium.mjs";

const entry = (direction, kind, data) =>
  `[...document.querySelectorAll('#log li[data-direction="${direction}"][data-kind="${kind}"] .data')]` +
  `.some(shown => shown.textContent === ${JSON.stringify(data)})`;

const isOpen = `document.querySelector("#state").dataset.state === "open"`;
const REPLY = `["hello","world"]`;

const [executable, url, screenshots] = process.argv.slice(2);
mkdirSync(screenshots, { recursive: true });
const browser = new Browser(executable);
try {
  const page = await browser.open(url, 1000, 800);
  await page.until(isOpen);

  await page.type("#text", "hello from a browser");
  await page.click("#send");
  await page.until(entry("sent", "text", "hello from a browser"));
  await page.until(entry("received", "text", REPLY));
  assert.equal(await page.evaluate(`document.querySelector("#text").value`), "");

  await page.type("#binary", "de ad be ef");
  await page.click("#send-binary");
  await page.until(entry("sent", "binary", "de ad be ef"));
  await page.until(`document.querySelector("#received").textContent === "2"`);
  await page.screenshot(join(screenshots, "demo-conversation.png"));

  await page.click("#disconnect");
  await page.until(`document.querySelector("#state").dataset.state === "closed"`);
  await page.screenshot(join(screenshots, "demo-closed.png"));
  await page.click("#connect");
  await page.until(isOpen);

  const phone = await browser.open(url, 390, 844);
  await phone.until(isOpen);
  await phone.type("#text", "hello from a phone");
  await phone.click("#send");
  await phone.until(entry("received", "text", REPLY));
  assert.ok(await phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than a phone");
  await phone.screenshot(join(screenshots, "demo-phone.png"));
} finally {
  await browser.close();
}
