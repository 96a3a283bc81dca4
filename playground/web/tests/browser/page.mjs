// A browser with the page in it, and what the cases need of both.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

export function browserPath() {
  const found = process.env.PATH.split(delimiter).flatMap((folder) => BROWSERS.map((name) => join(folder, name)));
  const path = found.find((each) => existsSync(each));
  if (path === undefined) throw new Error(`no browser: one of ${BROWSERS.join(", ")} is needed`);
  return path;
}

export function launch() {
  // Its own sandbox needs rights that a container or the administrator's account lacks; it opens pages of this machine only.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: browserPath(), args });
}

/** A page of its own, with nothing stored. What its console complains of is kept. */
export async function openPlain(browser, address, { replaced = {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", acceptDownloads: true, ...options });
  // Files of the site that are others here.
  for (const [name, [contentType, body]] of Object.entries(replaced)) await context.route(`**/${name}`, (route) => route.fulfill({ contentType, body }));
  const page = await context.newPage();
  const complaints = [];
  const foreign = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!["blob:", "data:"].includes(protocol) && origin !== new URL(address).origin) foreign.push(request.url());
  });
  await page.goto(address);
  return { context, page, complaints, foreign };
}

/** The same, when the playground is ready in it. */
export async function open(browser, address, options = {}) {
  const it = await openPlain(browser, address, options);
  await ready(it.page);
  return it;
}

export async function ready(page) {
  await page.waitForSelector("html[data-ready]", { timeout: 60_000 });
}

/** Waits until everything that can be proved of the current texts is. */
export async function proved(page) {
  await page.waitForFunction(() => /proved by|^checked in [\d.,]+ ms$/.test(document.querySelector("#status-proof").textContent), undefined, { timeout: 60_000 });
}

export async function tab(page, name) {
  await page.click(`#tab-${name}`);
  await page.waitForSelector(`#panel-${name}:not([hidden])`);
}

/** Waits until a tab shows what is true of the current texts. */
export async function settled(page, name) {
  await page.waitForFunction((id) => {
    const panel = document.querySelector(`#panel-${id}`);
    return panel.querySelectorAll('[aria-busy="true"]').length === 0 && panel.textContent.trim().length > 20;
  }, name, { timeout: 60_000 });
}

export async function focusEditor(page) {
  await page.evaluate(() => document.querySelector("#editor").shadowRoot.querySelector(".cm-content").focus());
}

/** Puts a text in the place of the open file's, as a paste does. */
export async function paste(page, text) {
  await focusEditor(page);
  await page.keyboard.press("Control+a");
  await page.evaluate((pasted) => {
    const data = new DataTransfer();
    data.setData("text/plain", pasted);
    document.querySelector("#editor").shadowRoot.querySelector(".cm-content").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

/** Types a key and says how long the page took until it was on the screen, in milliseconds. */
export async function typed(page, key) {
  await page.evaluate(() => {
    const content = document.querySelector("#editor").shadowRoot.querySelector(".cm-content");
    window.__typed = new Promise((resolve) => content.addEventListener("keydown", () => {
      const begun = performance.now();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun), 0));
    }, { once: true, capture: true }));
  });
  await page.keyboard.press(key);
  return page.evaluate(() => window.__typed);
}

/** The text of the open file, as the page stores and shares it. */
export function shared(page) {
  return page.evaluate(async () => {
    dispatchEvent(new Event("pagehide"));
    return JSON.parse(sessionStorage.getItem("warmor.playground.files"));
  });
}

/** What an audit finds that keeps somebody out. */
export async function seriousOf(page, axe) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.flat().join(" ")).slice(0, 4).join(" | ")}`);
}
