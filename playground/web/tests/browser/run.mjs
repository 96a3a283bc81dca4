// Drives the page in a real browser.
//
//     node tests/browser/run.mjs SITE [--only TEXT] [--measure] [--pictures FOLDER]
//
// SITE is the folder that the page was built into. With --measure, figures are printed as JSON, one a line, and no case is run.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./cases.mjs";
import { docsCases } from "./docs.mjs";
import { measure } from "./measure.mjs";
import { launch } from "./page.mjs";
import { pictures } from "./pictures.mjs";
import { serve } from "./serve.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, measure: { type: "boolean" }, pictures: { type: "string" } },
});
const folder = resolve(positionals[0] ?? "../../target/playground/site");
const server = await serve(folder);
const browser = await launch();
let failed = 0;
try {
  const axe = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  const given = { browser, server, address: server.address, axe, folder };
  if (values.measure) {
    for (const figure of await measure(given)) console.log(JSON.stringify(figure));
  } else if (values.pictures) {
    await pictures(given, resolve(values.pictures));
  } else {
    const wanted = [...cases, ...docsCases].filter(({ name }) => values.only === undefined || name.includes(values.only));
    if (wanted.length === 0) throw new Error(`no case has ${values.only} in its name`);
    for (const { name, run } of wanted) {
      const begun = performance.now();
      try {
        await run(given);
        console.log(`  ok ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed += 1;
        console.log(`  FAILED ${name}\n${String(error?.stack ?? error).replace(/^/gm, "    ")}`);
      } finally {
        for (const context of browser.contexts()) await context.close();
        server.up();
      }
    }
    console.log(`  ${wanted.length - failed} passed, ${failed} failed`);
  }
} finally {
  await browser.close();
  server.close();
}
process.exitCode = failed > 0 ? 1 : 0;
