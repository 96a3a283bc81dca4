// Checks, decides and proves a policy in Node: `node check.mjs POLICY OPERATION`, for example
// `node check.mjs web.warmor "--as exe=/usr/sbin/nginx read /etc/shadow"`. Prints one JSON object.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { load, Workspace } from "@warmor/playground";

const [policy, operation] = process.argv.slice(2);
await load(await readFile(fileURLToPath(import.meta.resolve("@warmor/playground/whole.wasm"))));

const workspace = new Workspace();
workspace.setFile(basename(policy), await readFile(policy, "utf8"));
const errors = workspace.diagnostics().filter((said) => said.level === "error");
// Nothing else waits here, so the prover is never stopped.
const { proof, list } = workspace.prove(() => false);
const decided = workspace.decide(operation, []);
console.log(JSON.stringify({ errors, proof, findings: list.map((f) => f.diagnostic.code), decided }, null, 2));
