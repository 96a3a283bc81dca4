// Programs in WebAssembly beside what the reference evaluator says of them (playground/examples/verdicts.rs).

/** Asks every program about a share of all events, others' as well as its own, and runs its tests. */
export const differences = (expected, Workspace, share) => {
  const found = [];
  let compared = 0;
  for (const [index, { name, files, decisions, tests }] of expected.programs.entries()) {
    const workspace = new Workspace();
    for (const [path, text] of Object.entries(files)) workspace.setFile(path, text);
    expected.events.forEach((operation, i) => {
      if (i % share !== index % share) return;
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
