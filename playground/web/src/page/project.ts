// The files that are being written, and which of them is open.

import { Text } from "@codemirror/state";
import { Signal } from "./dom.js";

export const STANDARD = "std/";
export const MANIFEST = "warmor.toml";
const LONGEST_NAME = 120;

/** Texts by path, as they are stored and shared. */
export interface Snapshot {
  readonly files: Readonly<Record<string, string>>;
  readonly active: string;
}

const strings = new WeakMap<Text, string>();

/** A text as one string, made once. */
export function stringOf(text: Text): string {
  let string = strings.get(text);
  if (string === undefined) {
    string = text.toString();
    strings.set(text, string);
  }
  return string;
}

export function textOf(string: string): Text {
  return Text.of(string.split(/\r\n?|\n/));
}

/** Why a path cannot be the name of a file, in words for its author. */
export function wrongName(name: string): string | undefined {
  if (name === "") return "A file needs a name.";
  if (name.length > LONGEST_NAME) return `A name has at most ${LONGEST_NAME} characters.`;
  if (/[\\\u0000-\u001f]/.test(name)) return "A name cannot contain a backslash or control characters.";
  if (name.startsWith("/") || name.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "A name is a path inside of the project, such as web/nginx.warmor.";
  }
  if (name.startsWith(STANDARD)) return "std/ is the standard library's.";
  if (!name.endsWith(".warmor") && name !== MANIFEST) return `A file's name ends in .warmor, or is ${MANIFEST}.`;
  return undefined;
}

export class Project {
  /** A text is another than before; which one, or all. */
  readonly edited = new Signal<string | undefined>();
  /** Files came, went or have other names, or another one is open. */
  readonly arranged = new Signal();
  #files = new Map<string, Text>();
  #active = "";

  get files(): ReadonlyMap<string, Text> {
    return this.#files;
  }

  get active(): string {
    return this.#active;
  }

  text(path: string): Text | undefined {
    return this.#files.get(path);
  }

  get snapshot(): Snapshot {
    const files = Object.fromEntries([...this.#files].map(([path, text]) => [path, stringOf(text)]));
    return { files, active: this.#files.has(this.#active) ? this.#active : (this.#files.keys().next().value ?? "") };
  }

  /** Puts other files in the place of all. */
  replace(snapshot: Snapshot): void {
    this.#files = new Map(Object.entries(snapshot.files).map(([path, text]) => [path, textOf(text)]));
    if (this.#files.size === 0) this.#files.set("policy.warmor", Text.empty);
    this.#active = this.#files.has(snapshot.active) ? snapshot.active : firstOf(this.#files);
    this.edited.emit(undefined);
    this.arranged.emit();
  }

  /** Gives a file a text, as the editor does with every key. */
  write(path: string, text: Text): void {
    const isNew = !this.#files.has(path);
    this.#files.set(path, text);
    this.edited.emit(path);
    if (isNew) this.arranged.emit();
  }

  /** Opens a file; one of the standard library as well. */
  open(path: string): void {
    if (path === this.#active) return;
    this.#active = path;
    this.arranged.emit();
  }

  add(path: string, text = ""): void {
    this.#files.set(path, textOf(text));
    this.#active = path;
    this.edited.emit(path);
    this.arranged.emit();
  }

  remove(path: string): void {
    this.#files.delete(path);
    if (this.#files.size === 0) this.#files.set("policy.warmor", Text.empty);
    if (this.#active === path) this.#active = firstOf(this.#files);
    this.edited.emit(undefined);
    this.arranged.emit();
  }

  rename(path: string, name: string): void {
    const entries = [...this.#files].map(([p, text]) => [p === path ? name : p, text] as const);
    this.#files = new Map(entries);
    if (this.#active === path) this.#active = name;
    this.edited.emit(undefined);
    this.arranged.emit();
  }
}

/** What a reader wants to see first: a policy. */
function firstOf(files: ReadonlyMap<string, Text>): string {
  const paths = [...files.keys()];
  return paths.find((path) => path.endsWith(".warmor")) ?? paths[0] ?? "";
}
