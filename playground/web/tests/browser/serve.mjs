// A server for one folder on this machine, with the headers that the project's own sends.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json" };

/** Serves a folder; `down()` makes it refuse everything, as a network that is gone. */
export async function serve(folder) {
  let up = true;
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname).replace(/^\/+/, "");
    if (!up) return request.socket.destroy();
    try {
      const body = await readFile(join(folder, path === "" ? "index.html" : path));
      response.writeHead(200, {
        "Content-Type": KINDS[extname(path) || ".html"] ?? "text/plain",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end("not found\n");
    }
  });
  await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", ready));
  return { address: `http://localhost:${server.address().port}/`, down: () => ((up = false), server.closeAllConnections()), up: () => (up = true), close: () => server.close() };
}
