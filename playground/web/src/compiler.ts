// The package: the compiler itself, to be called where it is loaded, and a client for a compiler in a worker.

import init, { initSync } from "../generated/whole.js";

export * from "../generated/whole.js";
export { CallFailed, Client } from "./client.js";
export type { Found, Options, WorkerLike } from "./client.js";
export type { Call, Change, FromWorker, Result, ToWorker, Values } from "./protocol.js";

/** Loads the whole compiler into this thread: from the bytes of `whole.wasm`, a module, or where it can be fetched from. */
export async function load(source: BufferSource | WebAssembly.Module | URL | string | Response): Promise<void> {
  if (source instanceof WebAssembly.Module || ArrayBuffer.isView(source) || source instanceof ArrayBuffer) {
    initSync({ module: source });
  } else {
    await init({ module_or_path: source });
  }
}
