// Pictures of every tab: `node tests/browser/run.mjs SITE --pictures FOLDER`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { open, proved, settled, tab } from "./page.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
];

export async function pictures({ browser, address }, folder) {
  await mkdir(folder, { recursive: true });
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
