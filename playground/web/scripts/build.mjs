// Builds the package and the page into a folder: `node scripts/build.mjs FOLDER`.

import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { docs } from "./docs.mjs";
import { site } from "./site.mjs";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = process.argv[2];
if (!out) throw new Error("usage: node scripts/build.mjs FOLDER");

const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

async function fresh(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** The package that others embed: nothing of the page, types beside everything. */
async function packaged(folder) {
  await fresh(folder);
  await build({ ...common, entryPoints: { compiler: "src/compiler.ts", worker: "src/worker.ts" }, outdir: folder, minifySyntax: true });
  const types = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--rootDir", ".", "--outDir", join(folder, "types")];
  const tsc = join(here, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.package.json", ...types], { cwd: here, stdio: "inherit" });
  await mkdir(join(folder, "types/generated"), { recursive: true });
  // What the modules export as such has no types of its own, and is nobody's business but the glue's.
  const hidden = "export interface InitOutput {\n    readonly memory: WebAssembly.Memory;\n}";
  for (const name of ["compiler", "whole"]) {
    const glue = await readFile(join(here, `generated/${name}.d.ts`), "utf8");
    await writeFile(join(folder, `types/generated/${name}.d.ts`), glue.replace(/export interface InitOutput \{[^}]*\}/, hidden));
    await copyFile(join(here, `generated/${name}.wasm`), join(folder, `${name}.wasm`));
  }
  await copyFile(join(here, "../../LICENSE"), join(folder, "LICENSE"));
  await copyFile(join(here, "README.md"), join(folder, "README.md"));
  const own = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
  const described = {
    name: own.name,
    version: own.version,
    description: own.description,
    license: own.license,
    type: "module",
    sideEffects: false,
    files: ["*.js", "*.wasm", "types"],
    types: "./types/src/compiler.d.ts",
    exports: {
      ".": { types: "./types/src/compiler.d.ts", default: "./compiler.js" },
      "./worker.js": "./worker.js",
      "./compiler.wasm": "./compiler.wasm",
      "./whole.wasm": "./whole.wasm",
    },
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(described, null, 2)}\n`);
}

await packaged(join(out, "package"));
await fresh(join(out, "site"));
await site(here, join(out, "site"), common);
await docs(here, join(out, "site/docs"), common);
