// A server for one folder on this machine, with the headers that the project's own sends.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };

/** The headers of `cargo xtask playground`, from its source: what is tried here is what is served there. */
async function headers() {
  const source = await readFile(new URL("../../../../tests/xtask/src/playground/serve.rs", import.meta.url), "utf8");
  const text = /const HEADERS: &str = "([^"]*)"/.exec(source)?.[1];
  if (text === undefined) throw new Error("serve.rs says no headers");
  const lines = text.replace(/\\\n\s*/g, "").split("\\r\\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
}

/** Serves a folder; `down()` makes it refuse everything, as a network that is gone. */
export async function serve(folder) {
  let up = true;
  const sent = await headers();
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname).replace(/^\/+/, "");
    if (!up) return request.socket.destroy();
    try {
      const body = await readFile(join(folder, path === "" || path.endsWith("/") ? `${path}index.html` : path));
      response.writeHead(200, { ...sent, "Content-Type": KINDS[extname(path) || ".html"] ?? "text/plain" });
      response.end(body);
    } catch {
      response.writeHead(404).end("not found\n");
    }
  });
  await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", ready));
  return { address: `http://localhost:${server.address().port}/`, down: () => ((up = false), server.closeAllConnections()), up: () => (up = true), close: () => server.close() };
}
