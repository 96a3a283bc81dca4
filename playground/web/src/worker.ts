// The compiler in a worker: one workspace, asked by messages.
//
// There are two modules. The first has what is needed while somebody types; the whole compiler is loaded when something else is asked.
// It has a workspace of its own, which gets the files as they were when it was asked: they are all the state that there is.
//
// Calls are answered in the order in which they come, but for those that wait for the whole compiler to be loaded. When there is none left, the program is proved, and a message stops that: at
// once where memory is shared with the page, else at the end of a slice of time. What the prover found out by then is kept.

import { initSync, Workspace } from "../generated/compiler.js";
import { initSync as initWhole, Workspace as WholeWorkspace } from "../generated/whole.js";
import { needsWhole, type Call, type FromWorker, type ToWorker } from "./protocol.js";

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

/** What the compiler is asked about. */
interface Texts {
  readonly files: ReadonlyMap<string, string>;
  readonly today: string | undefined;
}
type Question = Extract<ToWorker, { kind: "call" | "difference" }>;

/** The files as they are, and the day. */
const files = new Map<string, string>();
let today: string | undefined;
let whole: WholeWorkspace | undefined;
/** What the whole compiler knows of them. */
let told: Texts = { files: new Map(), today: undefined };
/** Questions that wait for it, with what they are about. */
const parked: { readonly question: Question; readonly texts: Texts }[] = [];

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
    const at = waiting.findIndex((message) => "id" in message && message.id === data.id);
    if (at >= 0) waiting.splice(at, 1);
    const place = parked.findIndex(({ question }) => question.id === data.id);
    if (place >= 0) parked.splice(place, 1);
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
        if (change.kind === "set") {
          compiler.setFile(change.path, change.text);
          files.set(change.path, change.text);
        } else if (change.kind === "remove") {
          compiler.removeFile(change.path);
          files.delete(change.path);
        } else {
          compiler.clear();
          files.clear();
        }
      }
    });
    version = next.version;
    toProve = next.prove;
    slice = FIRST_SLICE;
    spent = 0;
  } else if (next?.kind === "whole") {
    guarded(undefined, () => {
      initWhole({ module: next.module });
      whole = new WholeWorkspace();
    });
    for (const { question, texts } of parked.splice(0)) if (whole && !failed) askWhole(whole, question, texts);
  } else if (next?.kind === "call" && next.name === "setToday") {
    guarded(next.id, () => {
      const [day] = next.values as Parameters<Workspace["setToday"]>;
      const result = compiler.setToday(day);
      if (result) today = day ?? undefined;
      scope.postMessage({ kind: "answer", id: next.id, result });
    });
  } else if (next?.kind === "call" && !isForWhole(next.name)) {
    guarded(next.id, () => answer(compiler, next.id, next.name, next.values));
  } else if (next) {
    if (whole) askWhole(whole, next, { files, today });
    else parked.push({ question: next, texts: { files: new Map(files), today } });
  } else if (toProve) {
    guarded(undefined, () => prove(compiler));
  }
  if (waiting.length > 0 || toProve) askForTurn();
}

/** What tables cost is said of a rule by whoever knows it: by the whole compiler, once it is there. */
function isForWhole(name: Call): boolean {
  return needsWhole(name) || (name === "hover" && whole !== undefined);
}

function answer(compiler: Workspace | WholeWorkspace, id: number, name: Call, values: readonly unknown[]): void {
  const call = (compiler as WholeWorkspace)[name] as (...values: readonly unknown[]) => unknown;
  const result = call.apply(compiler, [...values]);
  scope.postMessage({ kind: "answer", id, result });
}

function askWhole(compiler: WholeWorkspace, question: Question, texts: Texts): void {
  guarded(question.id, () => {
    tell(compiler, texts);
    if (question.kind === "call") return answer(compiler, question.id, question.name, question.values);
    const old = new WholeWorkspace();
    for (const [path, text] of question.files) old.setFile(path, text);
    const result = compiler.difference(old);
    old.free();
    scope.postMessage({ kind: "answer", id: question.id, result });
  });
}

/** Gives the whole compiler these texts: what is the same already stays, with all that was found out about it. */
function tell(compiler: WholeWorkspace, texts: Texts): void {
  for (const path of told.files.keys()) if (!texts.files.has(path)) compiler.removeFile(path);
  for (const [path, text] of texts.files) if (told.files.get(path) !== text) compiler.setFile(path, text);
  if (told.today !== texts.today) compiler.setToday(texts.today);
  told = { files: new Map(texts.files), today: texts.today };
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
    const message = error instanceof Error ? `${error.name}: ${error.message}${places(error)}` : String(error);
    scope.postMessage({ kind: "failed", message, ...(id === undefined ? {} : { id }) });
  }
}

/** Where a trap was, innermost first. The module has no names and its panics no messages, but these numbers say where they were. */
function places(error: Error): string {
  const found = [...(error.stack ?? "").matchAll(/wasm-function\[\d+\](?::0x[\da-f]+)?/g)];
  return found.length > 0 ? ` (${found.slice(0, 8).join(" < ")})` : "";
}
