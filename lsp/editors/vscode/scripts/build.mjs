// Bundles the extension into dist/extension.js, with the licences of what is in it beside it.

import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const here = fileURLToPath(new URL("..", import.meta.url));

/** The folder of the package that a bundled file is of, such as `node_modules/semver`. */
const packageOf = (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

export async function bundle() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const folders = [...new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean))].sort();
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
    const file = readdirSync(join(here, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(here, folder, file), "utf8").trim()}\n`;
  });
  writeFileSync(
    join(here, "dist/THIRD-PARTY.txt"),
    `What the extension contains of others.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
