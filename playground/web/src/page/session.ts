// The compiler behind the page. It always knows what of its answers is about the texts as they are.
//
// Keys come faster than answers may. One round (texts there, tokens and diagnostics back) is under way at a time; what is written
// meanwhile goes with the next, so nothing ever queues up, however large the files are.

import { CallFailed, Client, type Call, type Found, type Result, type Values } from "../compiler.js";
import type { DiagnosticValue, DifferenceValue } from "../../generated/whole.js";
import { crossCheck, NoOpinion } from "../z3/cross_check.js";
import type { Checked as SecondOpinion } from "../z3/worker.js";
import { Signal } from "./dom.js";
import { stringOf, type Project } from "./project.js";

/** An expectation that is not met is a mistake, but what it is about can be proved all the same. */
const UNMET = "E0901";

/** Whether there is no program to prove, decide by or compile because of this. */
export function isObstacle({ level, proved, code }: DiagnosticValue): boolean {
  return level === "error" && !proved && code !== UNMET;
}

/** What is known of the texts of a version. */
export interface Checked {
  readonly version: number;
  readonly diagnostics: readonly DiagnosticValue[];
  /** Tokens of the open file: see `Workspace.tokens`. */
  readonly file: string;
  readonly tokens: Uint32Array;
  /** From sending the texts to having the answer. */
  readonly milliseconds: number;
}

/** How long Z3 may take, in milliseconds, its start included. */
const Z3_PATIENCE = 60_000;

function today(): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** The same, done once, unless it fails. */
function kept<T>(get: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= get();
    made.catch(() => (made = undefined));
    return made;
  };
}

export class Session {
  /** The texts have been read by the compiler. */
  readonly checked = new Signal<Checked>();
  /** Everything has been proved that can be. */
  readonly proved = new Signal<Found>();
  /** The texts have changed: whatever was known is of other texts. */
  readonly outdated = new Signal();
  /** The compiler failed; it has been started anew, unless it `isGone`. */
  readonly failed = new Signal<string>();
  /** What is asked waits for the whole compiler to be loaded, or no longer does. */
  readonly loading = new Signal<boolean>();
  /** It could not be loaded, and why. What is asked next tries again. */
  readonly unavailable = new Signal<string>();
  tokenClasses: readonly string[] = [];
  lastChecked: Checked | undefined;
  lastFound: Found | undefined;

  readonly #whole: () => Promise<WebAssembly.Module>;
  readonly #client: Client;
  readonly #project: Project;
  #sent = new Map<string, string>();
  #day = today();
  #dirty = true;
  /** A round is under way, or nothing has been started yet. */
  #busy = true;

  constructor(project: Project, module: WebAssembly.Module, whole: () => Promise<WebAssembly.Module>, worker: () => Worker) {
    this.#project = project;
    this.#whole = kept(whole);
    this.#client = new Client({ module, whole: this.#whole, worker });
    this.#client.onLoading = (loading) => this.loading.emit(loading);
    this.#client.onFindings = (found) => void this.#found(found);
    this.#client.onFailure = (message) => this.failed.emit(message);
    project.edited.listen(() => this.#changed());
    project.arranged.listen(() => this.#changed(false));
  }

  async start(): Promise<void> {
    try {
      await this.#client.setToday(this.#day);
      this.tokenClasses = await this.#client.call("tokenClasses", []);
    } catch (error) {
      // The page has been told. It works without colours, and where there is no compiler at all it keeps what is written.
      if (!(error instanceof CallFailed)) throw error;
      if (this.isGone) return;
    }
    this.#busy = false;
    await this.#round();
  }

  /** Whether there is no compiler, because it cannot be started here. */
  get isGone(): boolean {
    return this.#client.isClosed;
  }

  /** Has another day be the one that rules end on; without one it is the reader's. `false` for what is no day. */
  async setDay(day: string | undefined): Promise<boolean> {
    const wanted = day ?? today();
    if (wanted === this.#day) return true;
    this.#dirty = true;
    this.outdated.emit();
    const taken = await this.#client.setToday(wanted);
    if (taken) this.#day = wanted;
    void this.#round();
    return taken;
  }

  /** Which state of the texts the compiler has. */
  get version(): number {
    return this.#client.version;
  }

  /** Whether an answer of this version is about the texts as they are. */
  isCurrent(version: number): boolean {
    return !this.#dirty && version === this.#client.version;
  }

  /** Asks the compiler about the texts as they are now. */
  async ask<Name extends Call>(name: Name, values: Values<Name>, signal?: AbortSignal): Promise<Result<Name>> {
    this.#send();
    return this.#client.call(name, values, signal);
  }

  /** The same, with nothing for an answer about texts that have changed since, and for what failed. */
  async askNow<Name extends Call>(name: Name, values: Values<Name>, signal?: AbortSignal): Promise<Result<Name> | undefined> {
    this.#send();
    const { version } = this;
    try {
      const result = await this.#client.call(name, values, signal);
      return this.isCurrent(version) ? result : undefined;
    } catch (error) {
      if (error instanceof CallFailed) return this.#unanswered(error);
      throw error;
    }
  }

  /** What the texts do otherwise than older ones; nothing if they have changed since, or if it failed. */
  async differenceNow(old: Iterable<readonly [path: string, text: string]>): Promise<DifferenceValue | undefined> {
    this.#send();
    const { version } = this;
    try {
      const result = await this.#client.difference(old);
      return this.isCurrent(version) ? result : undefined;
    } catch (error) {
      if (error instanceof CallFailed) return this.#unanswered(error);
      throw error;
    }
  }

  /** Puts what is proved before Z3, in a worker of its own; says in words why that cannot be. */
  async secondOpinion(): Promise<Extract<SecondOpinion, { kind: "checked" }> | string> {
    this.#send();
    const { version } = this;
    const control = new AbortController();
    const forget = this.outdated.listen(() => control.abort());
    const files = [...this.#sent];
    try {
      const module = await this.#whole().catch((error: unknown) => {
        throw new NoOpinion(`The rest of the compiler could not be loaded: ${error instanceof Error ? error.message : String(error)}.`);
      });
      if (control.signal.aborted) return "The text has changed meanwhile.";
      const asked = { module, files, today: this.#day };
      const worker = () => new Worker(new URL("z3-worker.js", location.href), { name: "z3" });
      const opinion = await crossCheck(asked, { worker, patience: Z3_PATIENCE, signal: control.signal });
      return this.isCurrent(version) ? opinion : "The text has changed meanwhile.";
    } catch (error) {
      if (error instanceof NoOpinion) return error.message;
      throw error;
    } finally {
      forget();
    }
  }

  #unanswered({ reason, message }: CallFailed): undefined {
    if (reason === "unavailable") this.unavailable.emit(message);
  }

  #changed(texts = true): void {
    if (texts) {
      this.#dirty = true;
      this.outdated.emit();
    }
    void this.#round();
  }

  #send(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    const now = new Map<string, string>();
    for (const [path, text] of this.#project.files) now.set(path, stringOf(text));
    const gone = [...this.#sent.keys()].some((path) => !now.has(path));
    const changed = [...now].filter(([path, text]) => this.#sent.get(path) !== text);
    if (gone) this.#client.replaceFiles(now);
    else if (changed.length > 0) this.#client.setFiles(changed);
    this.#sent = now;
  }

  async #round(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!this.#isChecked()) {
        const begun = performance.now();
        this.#send();
        const { version } = this;
        const file = this.#project.active;
        const [tokens, diagnostics] = await Promise.all([
          this.#client.call("tokens", [file]),
          this.#client.call("diagnostics", []),
        ]);
        const milliseconds = performance.now() - begun;
        if (!this.isCurrent(version)) continue;
        this.lastChecked = { version, diagnostics, file, tokens, milliseconds };
        this.checked.emit(this.lastChecked);
      }
    } catch (error) {
      // The next change begins another round.
      if (!(error instanceof CallFailed)) throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Whether what is known is about the texts as they are, and about the file that is open. */
  #isChecked(): boolean {
    const { lastChecked: known } = this;
    return known !== undefined && this.isCurrent(known.version) && known.file === this.#project.active;
  }

  async #found(found: Found): Promise<void> {
    if (!this.isCurrent(found.version)) return;
    this.lastFound = found;
    this.proved.emit(found);
    const checked = this.lastChecked;
    const diagnostics = await this.askNow("diagnostics", []);
    if (!diagnostics || !checked || checked.version !== found.version) return;
    this.lastChecked = { ...checked, diagnostics };
    this.checked.emit(this.lastChecked);
  }
}
