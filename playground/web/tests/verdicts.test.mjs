// Verdicts in WebAssembly are those of the reference evaluator on this machine, for every event of every test in every program of the
// repository, in both modules. `cargo xtask test --only WebAssembly` writes down what they are.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { built, compiled, compiler } from "./built.mjs";
import { differences, inFirst, inWhole } from "./compared.mjs";
import { workers } from "./node-worker.mjs";

const expected = JSON.parse(await readFile(new URL("../verdicts.json", built), "utf8"));

test("verdicts of the whole compiler are those of the reference evaluator", async () => {
  const { Workspace } = await compiler();
  const { compared, found } = await differences(expected, inWhole(Workspace), 3);
  assert.ok(compared > 5_000, `${compared} compared`);
  assert.deepEqual(found.slice(0, 5), []);
});

test("verdicts of the first module are too", async () => {
  const { Client } = await import(new URL("compiler.js", built));
  const whole = () => Promise.reject(new Error("verdicts take no more than the first module"));
  const client = new Client({ module: await compiled("compiler.wasm"), whole, worker: workers(new URL("worker.js", built)) });
  const { compared, found } = await differences(expected, inFirst(client), 3);
  client.close();
  assert.ok(compared > 5_000, `${compared} compared`);
  assert.deepEqual(found.slice(0, 5), []);
});
