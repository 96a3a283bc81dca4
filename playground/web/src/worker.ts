// The compiler in a worker: one workspace, asked by messages.
//
// Calls are answered in the order in which they come. When there is none left, the program is proved, and a message stops that: at
// once where memory is shared with the page, else at the end of a slice of time. What the prover found out by then is kept.

import { initSync, Workspace } from "../generated/compiler.js";
import type { FromWorker, ToWorker } from "./protocol.js";

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}
const scope = globalThis as unknown as Scope;

/** The first slice, in milliseconds. Each further one of the same texts is longer, so that all of them come to an end. */
const FIRST_SLICE = 40;
const LONGER = 1.5;

let workspace: Workspace | undefined;
let messages: Int32Array | undefined;
let version = 0;
let toProve = false;
let slice = FIRST_SLICE;
let spent = 0;
let failed = false;
const waiting: Exclude<ToWorker, { kind: "start" | "cancel" }>[] = [];

// A message to oneself comes behind those that are there already, and without the delay of a timer.
const turn = new MessageChannel();
let turnAsked = false;
turn.port1.onmessage = () => {
  turnAsked = false;
  work();
};

function askForTurn(): void {
  if (!turnAsked) {
    turnAsked = true;
    turn.port2.postMessage(null);
  }
}

scope.onmessage = ({ data }) => {
  if (data.kind === "start") {
    guarded(undefined, () => {
      initSync({ module: data.module });
      workspace = new Workspace();
      messages = data.messages && new Int32Array(data.messages);
      scope.postMessage({ kind: "ready" });
    });
  } else if (data.kind === "cancel") {
    const at = waiting.findIndex((message) => message.kind !== "change" && message.id === data.id);
    if (at >= 0) waiting.splice(at, 1);
  } else {
    waiting.push(data);
  }
  askForTurn();
};

function work(): void {
  const compiler = workspace;
  if (!compiler || failed) return;
  const next = waiting.shift();
  if (next?.kind === "change") {
    guarded(undefined, () => {
      for (const change of next.changes) {
        if (change.kind === "set") compiler.setFile(change.path, change.text);
        else if (change.kind === "remove") compiler.removeFile(change.path);
        else compiler.clear();
      }
    });
    version = next.version;
    toProve = next.prove;
    slice = FIRST_SLICE;
    spent = 0;
  } else if (next?.kind === "call") {
    guarded(next.id, () => {
      const call = compiler[next.name] as (...values: readonly unknown[]) => unknown;
      const result = call.apply(compiler, [...next.values]);
      scope.postMessage({ kind: "answer", id: next.id, result });
    });
  } else if (next?.kind === "difference") {
    guarded(next.id, () => {
      const old = new Workspace();
      for (const [path, text] of next.files) old.setFile(path, text);
      const result = compiler.difference(old);
      old.free();
      scope.postMessage({ kind: "answer", id: next.id, result });
    });
  } else if (toProve) {
    guarded(undefined, () => prove(compiler));
  }
  if (waiting.length > 0 || toProve) askForTurn();
}

function prove(compiler: Workspace): void {
  const begun = performance.now();
  const count = messages && Atomics.load(messages, 0);
  const shared = messages;
  const stop = shared ? () => Atomics.load(shared, 0) !== count : () => performance.now() - begun > slice;
  const findings = compiler.prove(stop);
  spent += performance.now() - begun;
  slice *= LONGER;
  if (findings.proof === "stopped") return;
  toProve = false;
  scope.postMessage({ kind: "findings", version, findings, milliseconds: spent });
}

/** A trap leaves the module's memory in any state: nothing may be asked of it afterwards. */
function guarded(id: number | undefined, act: () => void): void {
  try {
    act();
  } catch (error) {
    failed = true;
    toProve = false;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    scope.postMessage({ kind: "failed", message, ...(id === undefined ? {} : { id }) });
  }
}
