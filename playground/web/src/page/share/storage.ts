// What stays when the page is closed: the files as they are, those that were there before a link or an example was opened, and a few
// choices. Each window has its own files; a new window begins with those that were written last.

import { carried } from "../parts.js";
import type { Snapshot } from "../project.js";

const PREFIX = "warmor.playground.";

function get(store: () => Storage, key: string): string | undefined {
  try {
    return store().getItem(PREFIX + key) ?? undefined;
  } catch {
    // Storage can be switched off. The page works without.
    return undefined;
  }
}

function put(store: () => Storage, key: string, value: string): boolean {
  try {
    store().setItem(PREFIX + key, value);
    return true;
  } catch {
    return false;
  }
}

const own = () => sessionStorage;
const shared = () => localStorage;

function snapshot(json: string | undefined): Snapshot | undefined {
  if (json === undefined) return undefined;
  try {
    const { files, active } = JSON.parse(json) as Partial<Snapshot>;
    const texts = typeof files === "object" && files !== null && Object.values(files).every((text) => typeof text === "string");
    return texts && Object.keys(files).length > 0 ? { files, active: String(active) } : undefined;
  } catch {
    return undefined;
  }
}

/** A page in one file begins with what it carries, whatever other pages wrote; only its own window goes on. */
const FILES = carried ? `files.${carried.id}` : "files";

export function storedFiles(): Snapshot | undefined {
  return snapshot(get(own, FILES)) ?? (carried ? undefined : snapshot(get(shared, FILES)));
}

/** `false` where nothing can be kept. */
export function storeFiles(files: Snapshot): boolean {
  const json = JSON.stringify(files);
  const isKept = put(own, FILES, json);
  return carried ? isKept : put(shared, FILES, json);
}

/** The files that were there before others were opened. */
export function earlierFiles(): Snapshot | undefined {
  return snapshot(get(shared, "earlier"));
}

export function storeEarlierFiles(files: Snapshot): void {
  put(shared, "earlier", JSON.stringify(files));
}

export type Choice = "theme" | "tab" | "split" | "shared";

export function choice(name: Choice): string | undefined {
  return get(shared, name);
}

export function choose(name: Choice, value: string): void {
  put(shared, name, value);
}
