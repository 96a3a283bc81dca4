// Figures of the page, for `cargo xtask bench playground`.

import { open, openPlain, paste, proved, settled, tab, focusEditor } from "./page.mjs";
import { program } from "./programs.mjs";

const KEYS = 60;

/** The value below which this share of a list is. */
const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.ceil(list.length * share) - 1)];

/** How long the first key may take, in milliseconds. */
export const INTERACTIVE = 2_000;

/** How long after the address was asked for the first key that the editor takes is on the screen and what it makes of the text is known. */
export async function firstKey(page) {
  await page.waitForFunction(() => document.querySelector("#editor")?.shadowRoot?.querySelector(".cm-content"));
  const known = page.evaluate(async () => {
    const status = document.querySelector("#status-problems");
    const content = document.querySelector("#editor").shadowRoot.querySelector(".cm-content");
    content.focus();
    const says = (wanted) => new Promise((resolve) => {
      const look = () => (wanted.test(status.textContent) ? (observer.disconnect(), resolve()) : undefined);
      const observer = new MutationObserver(look);
      observer.observe(status, { childList: true, characterData: true, subtree: true });
      look();
    });
    globalThis.__focused = true;
    await says(/error/);
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0)));
  });
  // The editor is there before the text is: only then a key means something.
  await page.waitForFunction(() => globalThis.__focused && document.querySelector("#editor").shadowRoot.querySelectorAll(".cm-line").length > 3);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("x");
  return known;
}

export async function measure({ browser, address, axe }) {
  const figures = [];
  const say = (name, value, unit) => figures.push({ case: name, value, unit });

  const readies = [];
  for (let i = 0; i < 5; i += 1) {
    // A context of its own has an empty cache.
    const { page, context } = await open(browser, address);
    readies.push(Number(await page.evaluate(() => document.documentElement.dataset.ready)));
    await context.close();
  }
  say("ready_ms", quantile(readies, 0.5), "ms");

  const firsts = [];
  for (let i = 0; i < 5; i += 1) {
    const { page, context } = await openPlain(browser, address);
    firsts.push(await firstKey(page));
    await context.close();
  }
  say("interactive_ms", quantile(firsts, 0.5), "ms");

  {
    const { page, context } = await open(browser, address);
    await paste(page, program(200));
    await proved(page);
    const checks = [];
    const proofs = [];
    await focusEditor(page);
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Control+ArrowRight");
    for (let i = 0; i < KEYS; i += 1) {
      await page.keyboard.press("x");
      await proved(page);
      await page.keyboard.press("Backspace");
      await proved(page);
      const [checked, found] = (await page.textContent("#status-proof")).match(/[\d.,]+(?= ms)/g).map((n) => Number(n.replace(",", "")));
      checks.push(checked);
      if (found !== undefined) proofs.push(found);
    }
    say("diagnostics_p99/200", quantile(checks, 0.99), "ms");
    say("proofs_p99/200", quantile(proofs, 0.99), "ms");
    await context.close();
  }
  {
    const { page, context } = await open(browser, address);
    await paste(page, program(1_000));
    const text = () => page.textContent("#status-proof");
    await page.waitForFunction(() => /proved by/.test(document.querySelector("#status-proof").textContent));
    say("findings_ms/1000", Number((await text()).match(/in ([\d.,]+) ms$/)[1].replace(",", "")), "ms");
    await context.close();
  }
  {
    let serious = 0;
    for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 390, height: 844 } }]) {
      const { page, context } = await open(browser, `${address}#example/three-tier-shop`, { ...options, bypassCSP: true });
      await proved(page);
      await page.evaluate(axe);
      for (const name of ["decide", "findings", "graph", "difference", "artifact"]) {
        await tab(page, name);
        await settled(page, name);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        serious += violations.filter(({ impact }) => impact === "serious" || impact === "critical").length;
      }
      await context.close();
    }
    say("axe_serious", serious, "findings");
  }
  return figures;
}
