// Z3 in a worker of its own: checks one workspace, and is thrown away.
//
// Z3's build for the web is made of threads, so the page must be isolated from others (`crossOriginIsolated`), and its script is a
// classic one: so is this worker. Commands are given to Z3 synchronously. The asynchronous call of the same name reads its text after
// it has returned, when the text may be gone; and here nothing else waits. Whoever started the worker ends it when it takes too long.

import { initSync, Workspace } from "../../generated/whole.js";
import type { CrossCheck } from "../../generated/whole.js";

/** What to check. */
export interface Check {
  /** The whole compiler. */
  readonly module: WebAssembly.Module;
  readonly files: readonly (readonly [path: string, text: string])[];
  readonly today?: string;
}

export type Checked =
  /** `result` is not there if the program has errors. */
  | { readonly kind: "checked"; readonly solver: string; readonly result: CrossCheck | undefined; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly message: string };

/** As much of Emscripten's module as is needed. */
interface Emscripten {
  ccall(name: string, result: "number" | "string" | null, kinds: readonly string[], values: readonly unknown[]): unknown;
}

interface Scope {
  onmessage: ((event: MessageEvent<Check>) => void) | null;
  postMessage(message: Checked): void;
  importScripts(address: string): void;
  initZ3(options: { locateFile(name: string): string; mainScriptUrlOrBlob: string }): Promise<Emscripten>;
}
const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data }) => {
  check(data).then(
    (checked) => scope.postMessage(checked),
    (error: unknown) => scope.postMessage({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
};

async function check({ module, files, today }: Check): Promise<Checked> {
  const folder = new URL("z3/", location.href).href;
  const script = `${folder}z3-built.js`;
  scope.importScripts(script);
  const z3 = await scope.initZ3({ locateFile: (name) => folder + name, mainScriptUrlOrBlob: script });
  initSync({ module });
  const workspace = new Workspace();
  for (const [path, text] of files) workspace.setFile(path, text);
  if (today !== undefined) workspace.setToday(today);
  const solver = `Z3 ${String(z3.ccall("Z3_get_full_version", "string", [], [])).replace(/^Z3 /, "")}`;
  const begun = performance.now();
  const result = workspace.crossCheck(() => {
    const config = z3.ccall("Z3_mk_config", "number", [], []);
    const context = z3.ccall("Z3_mk_context", "number", ["number"], [config]);
    return (commands) => String(z3.ccall("Z3_eval_smtlib2_string", "string", ["number", "string"], [context, commands]));
  });
  return { kind: "checked", solver, result, milliseconds: performance.now() - begun };
}
