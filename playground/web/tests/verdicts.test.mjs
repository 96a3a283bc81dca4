// Verdicts in WebAssembly are those of the reference evaluator on this machine, for every event of every test in every program of the
// repository. `cargo xtask test --only WebAssembly` writes down what they are.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { built, compiler } from "./built.mjs";
import { differences } from "./compared.mjs";

test("verdicts are those of the reference evaluator", async () => {
  const { Workspace } = await compiler();
  const expected = JSON.parse(await readFile(new URL("../verdicts.json", built), "utf8"));
  const { compared, found } = differences(expected, Workspace, 3);
  assert.ok(compared > 5_000, `${compared} compared`);
  assert.deepEqual(found.slice(0, 5), []);
});
