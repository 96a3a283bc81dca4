// What the documentation must do.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { inflateRawSync } from "node:zlib";
import { open, openPlain, proved, seriousOf, settled, shared, tab } from "./page.mjs";

export const docsCases = [];
const test = (name, run) => docsCases.push({ name, run });

const BEFORE = "policy fragment for any {\n";

/** All pages of the documentation that were built. */
async function built(folder) {
  const files = await readdir(join(folder, "docs"), { recursive: true });
  return files.filter((file) => file.endsWith(".html")).sort().map((file) => relative(folder, join(folder, "docs", file)));
}

/** What one page has of links, names and samples. Read, not drawn: there are many. */
async function look(page, address) {
  return page.evaluate(async (from) => {
    const response = await fetch(from);
    const { body } = new DOMParser().parseFromString(await response.text(), "text/html");
    const of = (selector, name) => [...body.querySelectorAll(selector)].map((element) => element.getAttribute(name));
    const samples = [...body.querySelectorAll(".sample")].filter((sample) => sample.querySelector(".open"));
    return {
      ok: response.ok,
      ids: of("[id]", "id"),
      links: [...of("a[href]", "href"), ...of("img[src]", "src"), ...of("iframe[src]", "src")].map((link) => new URL(link, from).href),
      samples: samples.map((sample) => {
        const link = sample.querySelector(".open");
        return { href: new URL(link.getAttribute("href"), from).href, expects: link.dataset.expects, text: sample.querySelector("code").textContent };
      }),
    };
  }, address);
}

/** Waits until one of these texts is a file's. */
async function opened(page, texts) {
  for (let i = 0; i < 100; i += 1) {
    const { files } = await shared(page);
    if (Object.values(files).some((file) => texts.includes(file))) return true;
    await page.waitForTimeout(20);
  }
  return false;
}

test("every link between pages leads somewhere, and every page is led to", async ({ browser, address, folder }) => {
  const it = await openPlain(browser, `${address}docs/index.html`);
  const pages = await built(folder);
  assert.ok(pages.length > 120, `${pages.length} pages`);
  const looked = new Map();
  for (const place of pages) looked.set(address + place, await look(it.page, address + place));
  const wrong = [];
  const led = new Set([`${address}docs/index.html`]);
  for (const [from, { links, ids }] of looked) {
    assert.equal(new Set(ids).size, ids.length, `${from} has a name twice`);
    for (const link of links) {
      const to = new URL(link);
      const place = to.origin + to.pathname;
      if (!link.startsWith(address)) {
        if (to.protocol !== "https:") wrong.push(`${from}: ${link}`);
      } else if (!looked.has(place)) {
        const isPlayground = place === address && /^#(code|project|example|embed)\/|^$/.test(to.hash);
        if (!isPlayground && !(await it.page.request.get(place)).ok()) wrong.push(`${from}: ${link}`);
      } else {
        led.add(place);
        if (to.hash !== "" && !looked.get(place).ids.includes(decodeURIComponent(to.hash.slice(1)))) wrong.push(`${from}: ${link}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual([...looked.keys()].filter((place) => !led.has(place)), []);
  assert.deepEqual([it.complaints, it.foreign], [[], []]);
});

test("every sample opens, and shows what its page says", async ({ browser, address, folder }) => {
  const it = await open(browser, address);
  const samples = [];
  for (const place of await built(folder)) samples.push(...(await look(it.page, address + place)).samples.map((sample) => ({ ...sample, place })));
  assert.ok(samples.length > 200, `${samples.length} samples`);
  const wrong = [];
  for (const { href, expects, text, place: from } of samples) {
    await it.page.goto(href);
    const isShown = await opened(it.page, [text, `${BEFORE}${text}}\n`]);
    if (!isShown) wrong.push(`${from}: opens another text than\n${text}`);
    await proved(it.page);
    // What does not fit into tables is found when there are some.
    const place = /[?&]tab=artifact/.test(href) ? "artifact" : "findings";
    await tab(it.page, place);
    await settled(it.page, place);
    // What is proved is written down as findings a moment after it is known.
    await it.page.waitForTimeout(60);
    const shown = await it.page.locator(`#panel-${place} .card`).evaluateAll((cards) => cards.map((card) => [card.querySelector("header a")?.textContent, card.className]));
    const codes = new Set(shown.map(([code]) => code));
    if (expects === "clean" ? shown.some(([, level]) => /error/.test(level)) : !codes.has(expects)) wrong.push(`${from}: expects ${expects}, shows ${[...codes].join(", ") || "nothing"}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(it.foreign, []);
});

test("samples run in the pages that explain them", async ({ browser, address }) => {
  for (const [place, verdict] of [
    ["guides/first-policy", "Allowed, and reported"],
    ["reference/language", "Denied"],
    ["how-a-decision-is-made", "Denied"],
  ]) {
    const it = await openPlain(browser, `${address}docs/${place}.html`);
    const frame = it.page.locator("iframe.live");
    assert.match(await frame.getAttribute("title"), /running/);
    assert.equal(await frame.getAttribute("loading"), "lazy");
    await frame.scrollIntoViewIfNeeded();
    const inside = it.page.frameLocator("iframe.live");
    await inside.locator(".verdict").waitFor({ timeout: 60_000 });
    assert.match(await inside.locator(".verdict").textContent(), new RegExp(verdict), place);
    assert.doesNotMatch(await inside.locator("#status-problems").textContent(), /error/, place);
    assert.deepEqual([it.complaints, it.foreign], [[], []], place);
    await it.context.close();
  }
});

test("a search finds codes and headings", async ({ browser, address }) => {
  const it = await openPlain(browser, `${address}docs/index.html`);
  await it.page.keyboard.press("/");
  await it.page.keyboard.type("e0401");
  await it.page.waitForSelector("#found a");
  assert.match(await it.page.textContent("#found a"), /^E0401/);
  await it.page.fill("#search input", "assumptions");
  await it.page.waitForFunction(() => /Assertions/.test(document.querySelector("#found a")?.textContent ?? ""));
  await it.page.keyboard.press("ArrowDown");
  await it.page.keyboard.press("Enter");
  await it.page.waitForURL(/reference\/language\.html#11-assertions-and-assumptions/);
  assert.deepEqual([it.complaints, it.foreign], [[], []]);
});

test("pages that were read are there without a network", async ({ browser, server, address }) => {
  const it = await openPlain(browser, `${address}docs/faq.html`);
  await it.page.waitForSelector('html[data-offline="ready"]', { timeout: 60_000 });
  await it.page.goto(`${address}docs/errors/E0401.html`);
  await it.page.waitForSelector('html[data-offline="ready"]');
  server.down();
  for (const [place, heading] of [["faq", "Frequent questions"], ["errors/E0401", "E0401"]]) {
    await it.page.goto("about:blank");
    await it.page.goto(`${address}docs/${place}.html`);
    assert.match(await it.page.textContent("h1"), new RegExp(heading));
    assert.notEqual(await it.page.evaluate(() => getComputedStyle(document.querySelector(".columns")).display), "block");
  }
});

test("the choice of light or dark is one for all pages", async ({ browser, address }) => {
  const it = await open(browser, address);
  while ((await it.page.textContent("#theme")) !== "Theme: dark") await it.page.click("#theme");
  await it.page.goto(`${address}docs/faq.html`);
  assert.equal(await it.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await it.page.textContent("#theme"), "Theme: dark");
});

for (const [what, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["on a phone", { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
]) {
  test(`nothing serious stands in a reader's way: ${what}`, async ({ browser, address, axe }) => {
    for (const place of ["index", "warmor", "guides/first-policy", "reference/language", "reference/queries", "how-a-decision-is-made", "errors/index", "errors/E0901", "examples/nginx", "stdlib/files"]) {
      const it = await openPlain(browser, `${address}docs/${place}.html`, { ...options, bypassCSP: true });
      await it.page.waitForSelector(".copy, #theme", { state: "attached" });
      assert.deepEqual(await seriousOf(it.page, axe), [], place);
      const wide = await it.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${place} is ${wide} pixels wider than the window`);
      await it.context.close();
    }
  });
}
