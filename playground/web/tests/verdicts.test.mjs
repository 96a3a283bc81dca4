// Verdicts in WebAssembly are those of the reference evaluator on this machine, for every event of every test in every program of the
// repository. `cargo xtask playground --test` writes down what they are.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { built, compiler } from "./built.mjs";

export const differences = async (expected, Workspace) => {
  const found = [];
  let compared = 0;
  for (const [index, { name, files, decisions, tests }] of expected.programs.entries()) {
    const workspace = new Workspace();
    for (const [path, text] of Object.entries(files)) workspace.setFile(path, text);
    expected.events.forEach((operation, i) => {
      // A third of them: each program is asked about others' events as well as about its own.
      if (i % 3 !== index % 3) return;
      const outcome = workspace.decide(JSON.stringify(operation), []);
      const said = outcome.kind === "decided" ? outcome.decision : { kind: outcome.kind };
      const { enforced, reported, audit, detected, responses, clause } = said;
      const got = { enforced, reported, audit, detected, responses, clause: clause?.name ?? null };
      compared += 1;
      if (JSON.stringify(Object.entries(got).sort()) !== JSON.stringify(Object.entries(decisions[i]).sort())) {
        found.push({ program: name, operation, here: got, there: decisions[i] });
      }
    });
    const ran = workspace.tests().tests.map((t) => ({ name: t.name, passed: t.passed }));
    compared += ran.length;
    if (JSON.stringify(ran) !== JSON.stringify(tests)) found.push({ program: name, ran, tests });
    workspace.free();
  }
  return { compared, found };
};

test("verdicts are those of the reference evaluator", async () => {
  const { Workspace } = await compiler();
  const expected = JSON.parse(await readFile(new URL("../verdicts.json", built), "utf8"));
  const { compared, found } = await differences(expected, Workspace);
  assert.ok(compared > 5_000, `${compared} compared`);
  assert.deepEqual(found.slice(0, 5), []);
});
