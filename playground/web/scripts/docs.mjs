// The documentation as pages beside the playground, in which every sample opens.

import { build } from "esbuild";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { highlighter } from "./docs/highlight.mjs";
import { linker, pages } from "./docs/pages.mjs";
import { renderer } from "./docs/render.mjs";

/** Builds the pages into a folder of the site. */
export async function docs(here, folder, common) {
  const root = join(here, "../..");
  const all = await pages(root);
  const assets = new Map();
  const render = renderer({ root, all, link: linker(all, root, assets), highlight: await highlighter(here) });
  const index = [];
  for (const page of all) {
    const { document, contents } = await render(page);
    await mkdir(dirname(join(folder, page.place)), { recursive: true });
    await writeFile(join(folder, page.place), document);
    index.push([page.title, page.place, contents.map(({ text, id }) => [text, id])]);
  }
  await writeFile(join(folder, "search.json"), JSON.stringify(index));
  for (const [place, path] of assets) {
    await mkdir(dirname(join(folder, place)), { recursive: true });
    await copyFile(join(root, path), join(folder, place));
  }
  await copyFile(join(here, "src/docs/docs.css"), join(folder, "docs.css"));
  await build({ ...common, format: "iife", entryPoints: { docs: "src/docs/docs.ts" }, outdir: folder, minify: true });
}
