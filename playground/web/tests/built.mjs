// Where the package is that is tested.

import { readFile } from "node:fs/promises";

const folder = process.env.WARMOR_PLAYGROUND_PACKAGE ?? new URL("../../../target/playground/package", import.meta.url).pathname;
export const built = new URL(`file://${folder}/`);

let loaded;

/** The package with the whole compiler loaded, here. */
export const compiler = () =>
  (loaded ??= (async () => {
    const module = await import(new URL("compiler.js", built));
    await module.load(await readFile(new URL("whole.wasm", built)));
    return module;
  })());

/** A module of the package. */
export const compiled = async (name) => WebAssembly.compile(await readFile(new URL(name, built)));
