// A worker of Node that looks like one of a page, for the client.

import { Worker } from "node:worker_threads";

const bridge = (script) => `
import { parentPort } from "node:worker_threads";
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => globalThis.onmessage?.({ data }));
await import(${JSON.stringify(script)});
parentPort.postMessage({ kind: "loaded" });
`;

/** Makes workers that run a script. Messages that come before it runs are kept. */
export const workers = (script) => () => {
  const source = new URL(`data:text/javascript,${encodeURIComponent(bridge(String(script)))}`);
  const worker = new Worker(source);
  const early = [];
  let loaded = false;
  const like = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => (loaded ? worker.postMessage(message) : early.push(message)),
    terminate: () => void worker.terminate(),
  };
  worker.on("message", (data) => {
    if (data.kind === "loaded") {
      loaded = true;
      for (const message of early) worker.postMessage(message);
    } else {
      like.onmessage?.({ data });
    }
  });
  worker.on("error", (error) => like.onerror?.({ message: String(error) }));
  return like;
};
