// The client with its worker, as a page uses them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { built } from "./built.mjs";
import { workers } from "./node-worker.mjs";

const { CallFailed, Client } = await import(new URL("compiler.js", built));

let module;
let client;

before(async () => {
  module = await WebAssembly.compile(await readFile(new URL("compiler.wasm", built)));
  client = new Client({ module, worker: workers(new URL("worker.js", built)) });
});

after(() => client.close());

const found = () => new Promise((resolve) => (client.onFindings = resolve));

test("mistakes come at once, findings after", async () => {
  const proof = found();
  const version = client.replaceFiles([["a.warmor", "policy p for any { mode prevent deny read /etc/shadow deny read /etc/* }\n"]]);
  const diagnostics = await client.call("diagnostics", []);
  assert.deepEqual(diagnostics.filter((d) => d.level === "error"), []);
  const proved = await proof;
  assert.equal(proved.version, version);
  assert.equal(proved.findings.proof, "done");
  assert.equal(proved.findings.list.length, 1);
  const [finding] = proved.findings.list;
  assert.match(finding.diagnostic.message, /shadow|denies/);
  assert.ok(finding.witness);
  // What is found is reported from then on.
  assert.ok((await client.call("diagnostics", [])).some((d) => d.proved));
});

test("a call that is cancelled has no answer", async () => {
  const control = new AbortController();
  const asked = client.call("diagnostics", [], control.signal);
  control.abort();
  await assert.rejects(asked, (error) => error instanceof CallFailed && error.reason === "cancelled");
});

test("features answer", async () => {
  const text = "# 😀\npolicy p for any {\n  mode prevent\n  deny read /etc/shadow\n}\n";
  client.replaceFiles([["a.warmor", text]]);
  const hover = await client.call("hover", ["a.warmor", 2]);
  assert.equal(hover, undefined);
  const deny = text.indexOf("deny");
  const rule = await client.call("hover", ["a.warmor", deny + 1]);
  assert.equal(rule.range.from, deny);
  const completions = await client.call("completions", ["a.warmor", deny]);
  assert.ok(completions.some((c) => c.label === "allow"));
  const decided = await client.call("decideJson", ['{"action": "read", "path": "/etc/shadow"}', []]);
  assert.equal(decided.kind, "decided");
  assert.equal(decided.decision.enforced, "deny");
  assert.equal(decided.events[0].applied[0].clause.range.from, deny);
});
