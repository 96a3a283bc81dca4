// The compiler for a page: calls that are promises, answered by a worker that is started anew when the compiler fails.

import type { DifferenceValue, Findings } from "../generated/whole.js";
import { needsWhole, type Call, type Change, type FromWorker, type Result, type ToWorker, type Values } from "./protocol.js";

/** Why a call has no answer. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  constructor(
    /**
     * `cancelled`: the caller said so. `failed`: a defect of the compiler; it has been started anew. `unavailable`: the whole compiler could
     * not be loaded; the next call that needs it tries again. `closed`: the client is.
     */
    readonly reason: "cancelled" | "failed" | "unavailable" | "closed",
    message: string,
  ) {
    super(message);
  }
}

/** What a worker must be able to do: a page's `Worker`, or what stands for one elsewhere. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

export interface Options {
  /** The first module, `compiler.wasm`, compiled. It is kept, so that starting anew costs nothing. */
  readonly module: WebAssembly.Module;
  /** Gets the whole compiler, `whole.wasm`: called before the first call that the first module leaves to it, and kept. */
  readonly whole: () => Promise<WebAssembly.Module>;
  /** Makes a worker that runs this package's `worker.js`. */
  readonly worker: () => WorkerLike;
  /** Whether the program is proved whenever nothing else is asked. It is by default. */
  readonly prove?: boolean;
}

/** What is found by proof in the files as they were at a version. */
export interface Found {
  readonly version: number;
  readonly findings: Findings;
  /** How long the prover worked on it. */
  readonly milliseconds: number;
}

interface Asked {
  readonly message: ToWorker;
  readonly needsWhole: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CallFailed) => void;
}

/** After so many workers in a row that answer nothing, there is something that starting anew does not mend. */
const MOST_SILENT = 3;

export class Client {
  /** Called when everything is known that can be proved of the current files. */
  onFindings: ((found: Found) => void) | undefined;
  /** Called when the compiler has failed, which is a defect of it. It is started anew before, unless it cannot be started: then `isClosed`. */
  onFailure: ((message: string) => void) | undefined;
  /** Called when calls begin to wait for the whole compiler, and when they no longer do. */
  onLoading: ((loading: boolean) => void) | undefined;
  /** Which state of the files is the current one: counted up by every change. */
  version = 0;

  readonly #options: Options;
  readonly #files = new Map<string, string>();
  readonly #asked = new Map<number, Asked>();
  readonly #messages = sharedCounter();
  #today: string | undefined;
  #worker: WorkerLike;
  #nextId = 1;
  #prove: boolean;
  #closed = false;
  /** How many workers in a row ended without a word. */
  #silent = 0;
  #whole: WebAssembly.Module | undefined;
  #loading = false;

  constructor(options: Options) {
    this.#options = options;
    this.#prove = options.prove ?? true;
    this.#worker = this.#start();
  }

  /** Gives files texts; others stay as they are. Gives the version of the files afterwards. */
  setFiles(files: Iterable<readonly [path: string, text: string]>): number {
    const changes: Change[] = [];
    for (const [path, text] of files) {
      this.#files.set(path, text);
      changes.push({ kind: "set", path, text });
    }
    return this.#change(changes);
  }

  setFile(path: string, text: string): number {
    return this.setFiles([[path, text]]);
  }

  removeFile(path: string): number {
    this.#files.delete(path);
    return this.#change([{ kind: "remove", path }]);
  }

  /** Puts these files in the place of all others. */
  replaceFiles(files: Iterable<readonly [path: string, text: string]>): number {
    this.#files.clear();
    const changes: Change[] = [{ kind: "clear" }];
    for (const [path, text] of files) {
      this.#files.set(path, text);
      changes.push({ kind: "set", path, text });
    }
    return this.#change(changes);
  }

  /** The files as they are. */
  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** The day that `until` is compared with, as `2026-05-31`. */
  async setToday(day: string | undefined): Promise<boolean> {
    const taken = await this.call("setToday", [day]);
    if (taken) this.#today = day;
    this.#change([]);
    return taken;
  }

  /** Whether the program is to be proved whenever nothing else is asked. */
  setProving(prove: boolean): void {
    this.#prove = prove;
    this.#change([]);
  }

  /** Asks the workspace. The answer is about the files as they are now, whatever becomes of them meanwhile. */
  call<Name extends Call>(name: Name, values: Values<Name>, signal?: AbortSignal): Promise<Result<Name>> {
    // The worker runs the very method that the type is of.
    return this.#ask((id) => ({ kind: "call", id, name, values }), needsWhole(name), signal) as Promise<Result<Name>>;
  }

  /** What the files do otherwise than older ones. */
  difference(old: Iterable<readonly [path: string, text: string]>, signal?: AbortSignal): Promise<DifferenceValue> {
    const files = [...old];
    return this.#ask((id) => ({ kind: "difference", id, files }), true, signal) as Promise<DifferenceValue>;
  }

  #ask(message: (id: number) => ToWorker, needsWhole: boolean, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new CallFailed("closed", "the client is closed"));
      if (signal?.aborted) return reject(new CallFailed("cancelled", "cancelled"));
      const id = this.#nextId++;
      const asked = { message: message(id), needsWhole, resolve, reject };
      this.#asked.set(id, asked);
      signal?.addEventListener("abort", () => {
        if (!this.#asked.delete(id)) return;
        this.#send({ kind: "cancel", id });
        reject(new CallFailed("cancelled", "cancelled"));
      });
      this.#send(asked.message);
      if (needsWhole) void this.#loadWhole();
    });
  }

  /** Whether there is no compiler any more: it was closed, or cannot be started here. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Gets the whole compiler for the worker, if it has not got it. */
  async #loadWhole(): Promise<void> {
    if (this.#whole || this.#loading) return;
    this.#loading = true;
    this.onLoading?.(true);
    try {
      this.#whole = await this.#options.whole();
      if (!this.#closed) this.#send({ kind: "whole", module: this.#whole });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      for (const [id, { needsWhole, reject }] of this.#asked) {
        if (!needsWhole) continue;
        this.#asked.delete(id);
        this.#send({ kind: "cancel", id });
        reject(new CallFailed("unavailable", why));
      }
    } finally {
      this.#loading = false;
      this.onLoading?.(false);
    }
  }

  /** Ends the worker. */
  close(): void {
    this.#closed = true;
    this.#worker.terminate();
    for (const { reject } of this.#asked.values()) reject(new CallFailed("closed", "the client was closed"));
    this.#asked.clear();
  }

  #change(changes: readonly Change[]): number {
    this.version += 1;
    this.#send({ kind: "change", version: this.version, changes, prove: this.#prove });
    return this.version;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
    if (this.#messages) Atomics.add(new Int32Array(this.#messages), 0, 1);
  }

  #start(): WorkerLike {
    const worker = this.#options.worker();
    worker.onmessage = ({ data }) => this.#received(data);
    worker.onerror = (event) => this.#failed(event.message || "the worker ended");
    const shared = this.#messages ? { messages: this.#messages } : {};
    worker.postMessage({ kind: "start", module: this.#options.module, ...shared });
    return worker;
  }

  #received(message: FromWorker): void {
    if (message.kind === "answer" || message.kind === "findings") this.#silent = 0;
    if (message.kind === "answer") {
      this.#asked.get(message.id)?.resolve(message.result);
      this.#asked.delete(message.id);
    } else if (message.kind === "findings") {
      const { version, findings, milliseconds } = message;
      if (version === this.version) this.onFindings?.({ version, findings, milliseconds });
    } else if (message.kind === "failed") {
      this.#failed(message.message, message.id);
    }
  }

  /** Starts anew with the same files. The call that it failed on is not asked again; and if it was proving, that is not tried again. */
  #failed(why: string, id?: number): void {
    if (this.#closed) return;
    this.#worker.terminate();
    this.#silent += 1;
    if (this.#silent > MOST_SILENT) {
      // What cannot be started here is not tried for ever.
      this.close();
      return this.onFailure?.(why);
    }
    this.#worker = this.#start();
    const culprit = id === undefined ? undefined : this.#asked.get(id);
    if (id !== undefined) this.#asked.delete(id);
    const changes = [...this.#files].map(([path, text]): Change => ({ kind: "set", path, text }));
    this.#send({ kind: "change", version: this.version, changes, prove: this.#prove && id !== undefined });
    if (this.#today !== undefined) this.#send({ kind: "call", id: 0, name: "setToday", values: [this.#today] });
    if (this.#whole) this.#send({ kind: "whole", module: this.#whole });
    for (const { message } of this.#asked.values()) this.#send(message);
    culprit?.reject(new CallFailed("failed", why));
    this.onFailure?.(why);
  }
}

/** A number in memory that the page and its worker share; only there where the page is isolated from others. */
function sharedCounter(): SharedArrayBuffer | undefined {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? typeof process === "object";
  return isolated && typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(4) : undefined;
}
