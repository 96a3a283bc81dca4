// Modules of the extension that need no editor, as they are.

import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

/** @param {string} path from the extension's folder */
export function load(path) {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../../${path}`, import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
