// The package as somebody else gets it: packed, installed, and asked what the command line is asked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { built } from "./built.mjs";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "warmor-package-"));
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder, fileURLToPath(built)], { encoding: "utf8" }),
  );
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  execFileSync("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
  await cp(join(examples, "node/check.mjs"), join(folder, "check.mjs"));
});

after(() => rm(folder, { recursive: true, force: true }));

const policy = "policy p for any {\n  mode prevent\n  deny read /etc/shadow\n  deny read /etc/*\n}\n";

test("the example for Node checks, proves and decides", async () => {
  await writeFile(join(folder, "p.warmor"), policy);
  const run = (operation) =>
    JSON.parse(execFileSync("node", ["check.mjs", "p.warmor", operation], { cwd: folder, encoding: "utf8" }));
  const denied = run("--as exe=/bin/cat read /etc/shadow");
  assert.deepEqual([denied.errors, denied.proof, denied.findings], [[], "done", ["W0302"]]);
  assert.equal(denied.decided.decision.enforced, "deny");
  assert.equal(run("read /srv/x").decided.decision.enforced, "allow");
});

test("it says what the command line says", { skip: !process.env.WARMORC && "WARMORC names no command line" }, async () => {
  await writeFile(join(folder, "p.warmor"), policy);
  for (const operation of ["read /etc/shadow", "read /etc/passwd", "read /srv/x", "rename /etc/a to /srv/b"]) {
    const here = JSON.parse(execFileSync("node", ["check.mjs", "p.warmor", operation], { cwd: folder, encoding: "utf8" })).decided;
    let there;
    try {
      there = execFileSync(process.env.WARMORC, ["eval", "--format", "json", "-p", "p.warmor", ...operation.split(" ")], { cwd: folder, encoding: "utf8" });
    } catch (denied) {
      // Exit code 1 says that it is denied.
      there = denied.stdout;
    }
    const { decision, events } = JSON.parse(there);
    const told = (d) => [d.enforced, d.reported, d.reason, d.audit, d.detected, d.responses, d.clause?.name];
    assert.deepEqual(told(here.decision), told(decision), operation);
    const trace = (list) => list.map((e) => [e.applied.map((a) => [a.clause.name, a.standing]), e.missed.map((m) => [m.clause.name, m.part])]);
    assert.deepEqual(trace(here.events), trace(events), operation);
  }
});

test("the package has what it promises, and types without `any`", async () => {
  const there = await readdir(join(folder, "node_modules/@warmor/playground"));
  assert.deepEqual(there.sort(), ["LICENSE", "README.md", "compiler.js", "compiler.wasm", "package.json", "types", "whole.wasm", "worker.js"]);
  for (const name of ["types/src/compiler.d.ts", "types/src/client.d.ts", "types/src/protocol.d.ts", "types/generated/compiler.d.ts", "types/generated/whole.d.ts"]) {
    const text = await readFile(join(folder, "node_modules/@warmor/playground", name), "utf8");
    assert.doesNotMatch(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""), /\bany\b(?!"|')/, name);
  }
});
