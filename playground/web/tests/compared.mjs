// Programs in WebAssembly beside what the reference evaluator says of them (playground/examples/verdicts.rs).

/**
 * Asks every program about a share of all events, others' as well as its own, and runs its tests. `opened` takes files, and gives what
 * decides and tests them.
 */
export const differences = async (expected, opened, share) => {
  const found = [];
  let compared = 0;
  for (const [index, { name, files, decisions, tests }] of expected.programs.entries()) {
    const program = opened(files);
    for (const [i, operation] of expected.events.entries()) {
      if (i % share !== index % share) continue;
      const outcome = await program.decide(JSON.stringify(operation));
      const said = outcome.kind === "decided" ? outcome.decision : { kind: outcome.kind };
      const { enforced, reported, audit, detected, responses, clause } = said;
      const got = { enforced, reported, audit, detected, responses, clause: clause?.name ?? null };
      compared += 1;
      if (JSON.stringify(Object.entries(got).sort()) !== JSON.stringify(Object.entries(decisions[i]).sort())) {
        found.push({ program: name, operation, here: got, there: decisions[i] });
      }
    }
    const ran = (await program.tests()).tests.map((t) => ({ name: t.name, passed: t.passed }));
    compared += ran.length;
    if (JSON.stringify(ran) !== JSON.stringify(tests)) found.push({ program: name, ran, tests });
    program.close();
  }
  return { compared, found };
};

/** Programs in the whole compiler, called where it is loaded. */
export const inWhole = (Workspace) => (files) => {
  const workspace = new Workspace();
  for (const [path, text] of Object.entries(files)) workspace.setFile(path, text);
  return { decide: (operation) => workspace.decide(operation, []), tests: () => workspace.tests(), close: () => workspace.free() };
};

/** Programs in the first module, asked through a client. */
export const inFirst = (client) => (files) => {
  client.setProving(false);
  client.replaceFiles(Object.entries(files));
  return { decide: (operation) => client.call("decide", [operation, []]), tests: () => client.call("tests", []), close: () => undefined };
};
