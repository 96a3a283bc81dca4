// The client with its worker, as a page uses them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { built, compiled } from "./built.mjs";
import { workers } from "./node-worker.mjs";

const { CallFailed, Client } = await import(new URL("compiler.js", built));

let client;
/** How often the whole compiler was asked for. */
let loaded = 0;
const whole = () => ((loaded += 1), compiled("whole.wasm"));

before(async () => {
  client = new Client({ module: await compiled("compiler.wasm"), whole, worker: workers(new URL("worker.js", built)) });
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

const POLICY = "policy p for any {\n  mode prevent\n  deny read /etc/shadow\n}\n";

test("what a page asks while somebody types takes no more than the first module", async () => {
  client.replaceFiles([["a.warmor", POLICY]]);
  const at = POLICY.indexOf("deny");
  const asked = ["completions", "definition", "hover", "signature"];
  for (const name of asked) await client.call(name, ["a.warmor", at]);
  for (const name of ["format", "outline", "text", "tokens"]) await client.call(name, ["a.warmor"]);
  for (const name of ["diagnostics", "files", "problem", "tests", "tokenClasses", "vocabulary"]) await client.call(name, []);
  await client.call("decideScript", ["read /etc/shadow", []]);
  assert.equal(loaded, 0);
});

test("calls that wait for the whole compiler are about the files as they were asked about, and keep no other waiting", async () => {
  const states = [];
  client.onLoading = (loading) => states.push(loading);
  client.replaceFiles([["a.warmor", POLICY]]);
  const answers = [];
  const compiled = client.call("compile", []).then((made) => (answers.push("compile"), made));
  client.replaceFiles([["a.warmor", "policy"]]);
  const diagnostics = await client.call("diagnostics", []);
  answers.push("diagnostics");
  assert.ok(diagnostics.some((d) => d.level === "error"));
  const made = await compiled;
  assert.equal(made.kind, "made");
  assert.deepEqual(made.clauses.map((c) => c.clause.range.from), [POLICY.indexOf("deny")]);
  assert.deepEqual(answers, ["diagnostics", "compile"]);
  assert.deepEqual(states, [true, false]);
  assert.equal((await client.call("compile", [])).kind, "errors");
  assert.equal(loaded, 1);
});

test("the whole compiler follows the files", async () => {
  client.replaceFiles([["a.warmor", POLICY], ["b.warmor", "policy q for any { mode prevent deny bpf }\n"]]);
  const names = async () => (await client.call("compile", [])).clauses?.map((c) => c.clause.name.split(".")[0]);
  assert.deepEqual((await names()).sort(), ["p", "q"]);
  assert.ok((await client.call("artifact", [])).length > 0);
  client.removeFile("b.warmor");
  assert.equal(await client.call("artifact", []), undefined);
  assert.deepEqual(await names(), ["p"]);
  const reach = await client.call("reach", [["connect"], false]);
  assert.equal(reach.errors, false);
  const difference = await client.difference([["a.warmor", POLICY.replace("shadow", "passwd")]]);
  assert.equal(difference.kind, "compared");
  assert.equal(difference.same, false);
  const path = POLICY.indexOf("/etc");
  const actions = await client.call("actions", ["a.warmor", path, POLICY.indexOf("\n", path)]);
  assert.ok(actions.length > 0);
});

test("a rule's costs are told by whoever knows them", async () => {
  client.replaceFiles([["a.warmor", POLICY]]);
  const at = POLICY.indexOf("deny");
  assert.match((await client.call("hover", ["a.warmor", at])).markdown, /costs at worst/);
});

test("without the whole compiler its calls fail, and are tried again", async () => {
  let tries = 0;
  const missing = () => {
    tries += 1;
    throw new Error("not there");
  };
  const other = new Client({ module: await compiled("compiler.wasm"), whole: missing, worker: workers(new URL("worker.js", built)) });
  other.setFile("a.warmor", POLICY);
  for (let i = 1; i <= 2; i += 1) {
    await assert.rejects(other.call("compile", []), (error) => error instanceof CallFailed && error.reason === "unavailable" && error.message === "not there");
    assert.equal(tries, i);
  }
  assert.deepEqual((await other.call("diagnostics", [])).filter((d) => d.level === "error"), []);
  other.close();
});

test("what leads through texts is asked of the whole compiler", async () => {
  client.replaceFiles([["a.warmor", POLICY]]);
  const at = POLICY.indexOf("p for");
  for (const name of ["prepareRename", "references", "selections"]) assert.ok(await client.call(name, ["a.warmor", at]), name);
  for (const name of ["folds", "hints", "links"]) assert.ok(Array.isArray(await client.call(name, ["a.warmor"])), name);
});
