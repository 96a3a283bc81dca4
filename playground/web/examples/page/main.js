// Decides what is typed, in a worker. The package's folder is beside the page as `playground/`.

import { Client } from "./playground/compiler.js";

const at = (name) => new URL(`playground/${name}`, import.meta.url);
const client = new Client({
  module: await WebAssembly.compileStreaming(fetch(at("compiler.wasm"))),
  // Never called here: deciding takes no more than the first module.
  whole: () => WebAssembly.compileStreaming(fetch(at("whole.wasm"))),
  worker: () => new Worker(at("worker.js"), { type: "module" }),
});
const [policy, operation, verdict] = ["policy", "operation", "verdict"].map((id) => document.getElementById(id));

async function show() {
  client.setFile("page.warmor", policy.value);
  const outcome = await client.call("decide", [operation.value, []]);
  verdict.value = outcome.kind === "decided" ? outcome.decision.enforced : (outcome.message ?? "the policy has errors");
}

policy.addEventListener("input", show);
operation.addEventListener("input", show);
await show();
