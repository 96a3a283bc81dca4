// Pictures of every tab: `node tests/browser/run.mjs SITE --pictures FOLDER`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { open, proved, settled, tab } from "./page.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
];

/** What the documentation shows. */
async function forDocs({ browser, address }, folder) {
  const { page, context } = await open(browser, `${address}#example/hello-deny?tab=decide`, { viewport: { width: 1060, height: 560 }, colorScheme: "light" });
  await proved(page);
  await page.fill('[aria-label="Operation in words or as JSON"]', "--as exe=/usr/bin/cat read /srv/hello/secret.txt");
  await page.waitForSelector("#panel-decide .verdict.deny");
  await page.click('text="Decide what the form says"', { timeout: 1_000 }).catch(() => {});
  await page.fill("#panel-decide .operation input", "/usr/bin/cat");
  await page.fill("#panel-decide .operation .fields .fields input", "/srv/hello/secret.txt");
  await page.waitForSelector("#panel-decide .verdict.deny");
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, "playground-decide.png") });
  await page.goto(`${address}#example/three-tier-shop?tab=graph`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForSelector("#panel-graph .edge[data-line]");
  await page.evaluate(() => document.querySelector("#banner button:last-child")?.click());
  await proved(page);
  await settled(page, "graph");
  await page.screenshot({ path: join(folder, "playground-graph.png") });
  await context.close();
}

export async function pictures({ browser, address }, folder) {
  await mkdir(folder, { recursive: true });
  await forDocs({ browser, address }, folder);
  for (const [look, options] of LOOKS) {
    const { page, context } = await open(browser, `${address}#example/three-tier-shop`, options);
    await proved(page);
    await page.evaluate(() => document.querySelector("#banner button:last-child")?.click());
    for (const name of ["decide", "findings", "graph", "difference", "artifact"]) {
      await tab(page, name);
      await settled(page, name);
      if (name === "decide") await page.fill('[aria-label="Operation in words or as JSON"]', "--as exe=/usr/sbin/nginx exec /bin/sh");
      if (name === "graph") await page.locator("#panel-graph .edge[data-line]").first().click({ force: true });
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: look === "phone" });
    }
    await context.close();
  }
}
