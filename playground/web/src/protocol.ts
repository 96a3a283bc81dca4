// What a client and its worker say to each other.

import type { Workspace as First } from "../generated/compiler.js";
import type { Findings, Workspace } from "../generated/whole.js";

type Methods = {
  [Name in keyof Workspace]: Workspace[Name] extends (...values: infer Values) => infer Result
    ? (...values: Values) => Result
    : never;
};

/** The calls of a workspace that a worker answers. What proves is the worker's own business. */
export type Call = Exclude<keyof Methods, "free" | "prove" | "difference" | "setFile" | "editFile" | "removeFile" | "clear" | typeof Symbol.dispose>;

/**
 * Calls that the first module leaves to the whole compiler. A page that only checks, proves, completes, formats and decides never loads
 * that one.
 */
const OF_THE_WHOLE: Readonly<Record<Exclude<Call, keyof First>, true>> = {
  actions: true,
  artifact: true,
  automaton: true,
  can: true,
  compile: true,
  crossCheck: true,
  folds: true,
  hints: true,
  links: true,
  prepareRename: true,
  reach: true,
  references: true,
  rename: true,
  selections: true,
  wat: true,
  whoCan: true,
};

export const needsWhole = (call: Call): call is keyof typeof OF_THE_WHOLE => call in OF_THE_WHOLE;

export type Values<Name extends Call> = Parameters<Methods[Name]>;
export type Result<Name extends Call> = ReturnType<Methods[Name]>;

/** A change of the workspace's files. */
export type Change =
  | { readonly kind: "set"; readonly path: string; readonly text: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "clear" };

/** The worker's first message: what it needs. `module` is the first module, which has not got all calls. */
export interface Start {
  readonly kind: "start";
  readonly module: WebAssembly.Module;
  /** One number, counted up with every message; the prover stops when it moves. Not there where memory cannot be shared. */
  readonly messages?: SharedArrayBuffer;
}

export type ToWorker =
  | Start
  /** `version` names the texts after the changes. */
  | { readonly kind: "change"; readonly version: number; readonly changes: readonly Change[]; readonly prove: boolean }
  | { readonly kind: "call"; readonly id: number; readonly name: Call; readonly values: readonly unknown[] }
  /** Compares the workspace with these files, which are the older version. */
  | { readonly kind: "difference"; readonly id: number; readonly files: readonly (readonly [path: string, text: string])[] }
  /** The answer is no longer wanted. */
  | { readonly kind: "cancel"; readonly id: number }
  /** The module of the whole compiler, which some calls wait for. */
  | { readonly kind: "whole"; readonly module: WebAssembly.Module };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown }
  /** Everything that was found in the texts of that version. */
  | { readonly kind: "findings"; readonly version: number; readonly findings: Findings; readonly milliseconds: number }
  /** The compiler has failed and cannot be asked any more: a defect of it. `id` is the call that it failed on, if it was one. */
  | { readonly kind: "failed"; readonly message: string; readonly id?: number };
