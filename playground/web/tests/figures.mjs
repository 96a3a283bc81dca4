// Figures of the module and the client without a page: `node tests/figures.mjs`, JSON, one a line.

import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { built, compiled, compiler } from "./built.mjs";
import { program } from "./browser/programs.mjs";
import { differences, inFirst, inWhole } from "./compared.mjs";
import { workers } from "./node-worker.mjs";

const KEYS = 200;
const say = (name, value, unit) => console.log(JSON.stringify({ case: name, value, unit }));
const quantile = (list, share) => list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.ceil(list.length * share) - 1)];

// The first module is what a page loads; the whole compiler is loaded when something needs it.
for (const [name, file] of [["wasm", "compiler.wasm"], ["wasm_whole", "whole.wasm"]]) {
  const bytes = await readFile(new URL(file, built));
  say(`${name}_bytes`, bytes.length, "bytes");
  say(`${name}_gzip_bytes`, gzipSync(bytes, { level: 9 }).length, "bytes");
}

const { Client, Workspace } = await compiler();
const client = async () => {
  const whole = () => Promise.reject(new Error("nothing here takes more than the first module"));
  return new Client({ module: await compiled("compiler.wasm"), whole, worker: workers(new URL("worker.js", built)) });
};
{
  const expected = JSON.parse(await readFile(new URL("../verdicts.json", built), "utf8"));
  const first = await client();
  const both = [await differences(expected, inFirst(first), 1), await differences(expected, inWhole(Workspace), 1)];
  first.close();
  const sum = (count) => both.reduce((sum, each) => sum + count(each), 0);
  say("verdicts_compared", sum((each) => each.compared), "verdicts");
  say("verdict_differences", sum((each) => each.found.length), "verdicts");
}

/** A client with a program of so many rules, and what is found in it for the first time. */
async function opened(rules) {
  const opened = await client();
  const first = new Promise((resolve) => (opened.onFindings = resolve));
  const text = program(rules);
  opened.setFile("big.warmor", text);
  return { client: opened, text, first: await first };
}

{
  const { client, text } = await opened(200);
  const at = text.indexOf("deny");
  const times = [];
  for (let i = 0; i < KEYS; i += 1) {
    // A key is pressed while the program before it is being proved.
    const begun = performance.now();
    client.setFile("big.warmor", `${text.slice(0, at)}${i % 2 === 0 ? "x" : ""}${text.slice(at)}`);
    await client.call("diagnostics", []);
    times.push(performance.now() - begun);
  }
  say("node_diagnostics_p99/200", quantile(times, 0.99), "ms");
  client.close();
}
{
  const { client, first } = await opened(1_000);
  say("node_findings_ms/1000", first.milliseconds, "ms");
  client.close();
}
