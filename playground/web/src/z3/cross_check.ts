// A second opinion: what the exact engine found, put before Z3. Nothing of it is loaded before it is asked for.

import type { Check, Checked } from "./worker.js";

/** Why there is no second opinion. */
export class NoOpinion extends Error {
  override readonly name = "NoOpinion";
}

export interface Options {
  /** Starts the worker of `z3/worker.ts`. */
  readonly worker: () => Worker;
  /** After so many milliseconds the worker is ended. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

/** Puts everything that is proved of a workspace before Z3. */
export function crossCheck(asked: Check, options: Options): Promise<Extract<Checked, { kind: "checked" }>> {
  if (!globalThis.crossOriginIsolated) {
    return Promise.reject(
      new NoOpinion("Z3 needs memory that threads share, and the host of this page does not allow it: it must send COOP and COEP headers."),
    );
  }
  return new Promise((resolve, reject) => {
    const worker = options.worker();
    const end = (act: () => void): void => {
      clearTimeout(timer);
      worker.terminate();
      act();
    };
    const timer = setTimeout(
      () => end(() => reject(new NoOpinion(`Z3 had no answer within ${Math.round(options.patience / 1000)} s.`))),
      options.patience,
    );
    options.signal?.addEventListener("abort", () => end(() => reject(new NoOpinion("The text has changed meanwhile."))));
    worker.onerror = (event) => end(() => reject(new NoOpinion(`Z3 could not be started: ${event.message || "its files are not there"}.`)));
    worker.onmessage = ({ data }: MessageEvent<Checked>) =>
      end(() => (data.kind === "checked" ? resolve(data) : reject(new NoOpinion(`Z3 failed: ${data.message}.`))));
    worker.postMessage(asked);
  });
}
