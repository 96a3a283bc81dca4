// Addresses that carry texts: behind the `#`, which a browser sends to nobody.
//
//   #code/TEXT            one file: its text, deflated (RFC 1951), in URL-safe base64 (RFC 4648, section 5)
//   #project/JSON         several files: {"files": {"a.warmor": "…"}, "active": "a.warmor"}, packed in the same way
//   #example/NAME         an example of the project's repository
//   #embed/…              any of these, for a frame in another page
//
// Behind a `?` can stand which tab is shown, which operation is decided, and on which day: `#example/nginx?tab=decide&operation=read+/etc/shadow`,
// `#code/…?today=2026-06-01`.

import { wrongName, type Snapshot } from "../project.js";

export const FIRST_FILE = "policy.warmor";
/** Far more than anybody writes, and little enough to be unpacked at once. */
const MOST_BYTES = 4_000_000;
const MOST_FILES = 64;

export type Target =
  | { readonly kind: "files"; readonly snapshot: Snapshot }
  | { readonly kind: "example"; readonly name: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "broken"; readonly why: string };

export interface Location {
  readonly target: Target;
  readonly tab: string | undefined;
  readonly operation: string | undefined;
  readonly today: string | undefined;
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream, most: number): Promise<Uint8Array> {
  const reader = (new Blob([bytes]).stream().pipeThrough(stream) as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error("what it holds is too large");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function pack(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const packed = await through(bytes, new CompressionStream("deflate-raw"), Number.POSITIVE_INFINITY);
  let binary = "";
  for (let at = 0; at < packed.length; at += 8_192) binary += String.fromCharCode(...packed.subarray(at, at + 8_192));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export async function unpack(packed: string): Promise<string> {
  if (!/^[A-Za-z0-9_-]*$/.test(packed)) throw new Error("it has characters that no such link has");
  let binary: string;
  try {
    binary = atob(packed.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    throw new Error("its end is missing");
  }
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  let unpacked: Uint8Array;
  try {
    unpacked = await through(bytes, new DecompressionStream("deflate-raw"), MOST_BYTES);
  } catch (error) {
    if (error instanceof Error && error.message.includes("too large")) throw error;
    throw new Error("it was cut off or changed on its way");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(unpacked);
  } catch {
    throw new Error("what it holds is no text");
  }
}

/** The part behind `#` for these files. */
export async function fragment(snapshot: Snapshot): Promise<string> {
  const entries = Object.entries(snapshot.files);
  const [only] = entries;
  if (entries.length === 1 && only && only[0] === FIRST_FILE) return `code/${await pack(only[1])}`;
  return `project/${await pack(JSON.stringify({ files: snapshot.files, active: snapshot.active }))}`;
}

function files(json: string): Snapshot {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    throw new Error("what it holds is no list of files");
  }
  const { files, active } = (read ?? {}) as { files?: unknown; active?: unknown };
  if (typeof files !== "object" || files === null || Array.isArray(files)) throw new Error("what it holds is no list of files");
  const entries = Object.entries(files);
  if (entries.length === 0) throw new Error("it holds no file");
  if (entries.length > MOST_FILES) throw new Error(`it holds more than ${MOST_FILES} files`);
  for (const [path, text] of entries) {
    const wrong = wrongName(path);
    if (wrong !== undefined) throw new Error(`it holds a file with a wrong name. ${wrong}`);
    if (typeof text !== "string") throw new Error("what it holds is no list of texts");
  }
  return { files: Object.fromEntries(entries) as Record<string, string>, active: typeof active === "string" ? active : "" };
}

/** Reads the part of an address behind `#`. */
export async function read(hash: string): Promise<Location> {
  const [address = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const rest = address.replace(/^embed\/?/, "");
  const asked = new URLSearchParams(query);
  return { target: await target(rest), tab: asked.get("tab") ?? undefined, operation: asked.get("operation") ?? undefined, today: asked.get("today") ?? undefined };
}

async function target(address: string): Promise<Target> {
  const slash = address.indexOf("/");
  const kind = slash < 0 ? address : address.slice(0, slash);
  const rest = slash < 0 ? "" : address.slice(slash + 1);
  try {
    if (kind === "code") {
      return { kind: "files", snapshot: { files: { [FIRST_FILE]: await unpack(rest) }, active: FIRST_FILE } };
    }
    if (kind === "project") return { kind: "files", snapshot: files(await unpack(rest)) };
  } catch (error) {
    return { kind: "broken", why: error instanceof Error ? error.message : String(error) };
  }
  if (kind === "example" && /^[\w-]+$/.test(rest)) return { kind: "example", name: rest };
  return kind === "" ? { kind: "nothing" } : { kind: "broken", why: "it is of a form that this page does not know" };
}
