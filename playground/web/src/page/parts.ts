// What the page is made of, and where it comes from: files beside it, or, where the page was exported as one file, that file.
//
// In such a file each part is a block of data: texts as JSON, in which no `<` stands as such, bytes gzipped and in base64.

import type { Snapshot } from "./project.js";

/** What a page in one file carries beside its parts. */
export interface Carried {
  readonly snapshot: Snapshot;
  /** The address of the page that it was exported from: what links lead to. */
  readonly home: string;
  /** Tells it from others that were exported. */
  readonly id: string;
}

/** The texts, and what is only bytes. */
export const TEXTS = ["index.html", "colours.css", "page.css", "page.js", "worker.js", "examples.json", "licences.txt", "icon.svg"] as const;
export const BINARIES = ["compiler.wasm", "whole.wasm"] as const;
export type Text = (typeof TEXTS)[number];
export type Binary = (typeof BINARIES)[number];

/** The name of the block that holds a part. */
export const blockOf = (name: string): string => `part-${name}`;

function block(name: string): HTMLElement | null {
  return document.getElementById(blockOf(name));
}

/** `undefined` for a page whose parts are files beside it. */
export const carried: Carried | undefined = (() => {
  const found = block("carried");
  return found ? (JSON.parse(found.textContent) as Carried) : undefined;
})();

/** The address of this page for others. */
export const home = carried?.home ?? location.href.replace(/[?#].*$/s, "");

async function fetched(name: string): Promise<Response> {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} cannot be loaded`);
  return response;
}

/** A part that is bytes, as if it were fetched. */
export async function binary(name: Binary): Promise<Response> {
  const found = block(name);
  if (!found) return fetched(name);
  const bytes = Uint8Array.from(atob(found.textContent), (c) => c.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked, { headers: { "Content-Type": "application/wasm" } });
}

/** The same as it is in a page in one file. */
export async function packedBinary(name: Binary): Promise<string> {
  const found = block(name);
  if (found) return found.textContent;
  const packed = (await fetched(name)).body!.pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let letters = "";
  for (let at = 0; at < bytes.length; at += 8_192) letters += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(letters);
}

/** A part that is text. */
export async function text(name: Text): Promise<string> {
  const found = block(name);
  if (!found) return (await fetched(name)).text();
  // What runs and what is drawn stands there as it is.
  return found instanceof HTMLScriptElement && found.type === "application/json" ? (JSON.parse(found.textContent) as string) : found.textContent;
}

/** Starts the worker that has the compiler. */
export function startWorker(): Worker {
  const found = block("worker.js");
  if (!found) return new Worker(new URL("worker.js", location.href), { type: "module", name: "compiler" });
  // Browsers load modules from nowhere else than a site; as one bundle without imports it is a script as well.
  const address = URL.createObjectURL(new Blob([JSON.parse(found.textContent) as string], { type: "text/javascript" }));
  const worker = new Worker(address, { name: "compiler" });
  // A worker that has begun to load keeps what it loads.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return worker;
}
