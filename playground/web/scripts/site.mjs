// The page as a folder for any static host.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The examples by task, in the order in which they are shown. One that is in no group is an error. */
const GROUPS = [
  ["First steps", ["hello-deny", "detect-shells"]],
  ["Servers", ["nginx", "postgresql", "redis", "sshd"]],
  ["Applications", ["node-web-app", "python-web-app", "desktop-browser"]],
  ["Clusters and networks", ["three-tier-shop", "kubernetes-node-agent", "sec-002-guard"]],
  ["Jobs", ["ci-runner", "backup-job"]],
];

/** What a service worker keeps. */
const OFFLINE = ["index.html", "tour.html", "colours.css", "page.css", "tour.css", "page.js", "worker.js", "compiler.wasm", "whole.wasm", "examples.json", "icon.svg", "app.webmanifest", "licences.txt"];

async function examples(root) {
  const folder = join(root, "examples");
  const table = await readFile(join(folder, "README.md"), "utf8");
  const shows = new Map([...table.matchAll(/^\| \[([\w-]+)\]\([\w-]+\) \| (.*?) \|$/gm)].map(([, name, text]) => [name, text]));
  const there = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const grouped = GROUPS.flatMap(([, names]) => names);
  const missing = there.filter((name) => !grouped.includes(name) || !shows.has(name));
  if (missing.length > 0) throw new Error(`examples without a group or a line in their README: ${missing.join(", ")}`);
  const one = async (name) => {
    const paths = (await readdir(join(folder, name), { recursive: true })).filter((path) => /\.(warmor|toml)$/.test(path)).sort();
    // What a reader wants first is the policy.
    paths.sort((a, b) => Number(a.endsWith(".toml")) - Number(b.endsWith(".toml")));
    const texts = await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, name, path), "utf8")]));
    return { name, shows: shows.get(name), active: paths[0], files: Object.fromEntries(texts) };
  };
  return Promise.all(GROUPS.map(async ([title, names]) => ({ title, examples: await Promise.all(names.map(one)) })));
}

/** The licences of all that is in the page and not ours. A package without one is an error. */
async function licences(here, inputs) {
  const packages = new Set(["z3-solver"]);
  for (const input of Object.keys(inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map(async (name) => {
    const folder = join(here, "node_modules", name);
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence`);
    return `${name}\n${"=".repeat(name.length)}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n\n");
}

/** Builds the page into a folder that is empty. */
export async function site(here, folder, common) {
  const entryPoints = { page: "src/page/main.ts", worker: "src/worker.ts" };
  const { metafile } = await build({ ...common, entryPoints, outdir: folder, minify: true, metafile: true });
  await writeFile(join(folder, "licences.txt"), await licences(here, metafile.inputs));
  for (const name of ["compiler.wasm", "whole.wasm"]) await copyFile(join(here, "generated", name), join(folder, name));
  // Z3's script is a classic one, and so is the worker that loads it.
  await build({ ...common, format: "iife", entryPoints: { "z3-worker": "src/z3/worker.ts" }, outdir: folder, minify: true });
  for (const name of ["z3-built.js", "z3-built.wasm"]) {
    await cp(join(here, "node_modules/z3-solver/build", name), join(folder, "z3", name));
  }
  await cp(join(here, "src/page/static"), folder, { recursive: true });
  await writeFile(join(folder, "examples.json"), JSON.stringify(await examples(join(here, "../.."))));
  // The service worker is another one whenever anything else is, and that is how browsers notice.
  const hash = createHash("sha256");
  for (const name of OFFLINE) hash.update(name).update(await readFile(join(folder, name)));
  const define = { VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)), FILES: JSON.stringify(OFFLINE) };
  await build({ ...common, entryPoints: { offline: "src/page/offline.ts" }, outdir: folder, minify: true, define });
}
