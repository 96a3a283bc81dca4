// Drives a real VS Code: its own server with the packed extension in it, and a browser without a window in front of it.
//
//     node run.mjs VSCODE_SERVER PACKAGE TOOLS
//
// VSCODE_SERVER is a folder with `out/server-main.js`, PACKAGE the .vsix, TOOLS the folder of `warmor-lsp` and `warmorc`. The
// cases are in suite.ts.

import { buildSync } from "esbuild";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

/** Everything together; alone on a fast machine it takes ten seconds. */
const PATIENCE_MS = 180_000;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

const [server, vsix, tools] = process.argv.slice(2).map((path) => resolve(path));
const main = join(server, "out/server-main.js");
const base = mkdtempSync(join(tmpdir(), "warmor-vscode-"));
const at = (...parts) => join(base, ...parts);
const children = [];

function start(command, args, options = {}) {
  const log = [];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  child.stdout.on("data", (data) => log.push(data));
  child.stderr.on("data", (data) => log.push(data));
  child.on("error", (error) => log.push(String(error)));
  children.push({ command, child, log });
  return log;
}

async function until(what, look) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const found = look();
    if (found) return found;
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Ends what was started, and leaves no files. */
function stop() {
  for (const { child } of children) {
    try {
      // The whole group: both programs start others.
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stop();
    process.exit(1);
  });
}

try {
  // An extension that is nothing but the tests.
  mkdirSync(at("suite"), { recursive: true });
  mkdirSync(at("workspace"));
  writeFileSync(
    at("suite/package.json"),
    JSON.stringify({ name: "suite", publisher: "warmor-tests", version: "0.0.1", engines: { vscode: "^1.91.0" } }),
  );
  buildSync({
    entryPoints: [fileURLToPath(new URL("suite.ts", import.meta.url))],
    outfile: at("suite/suite.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
  });

  const folders = ["--server-data-dir", at("data"), "--extensions-dir", at("extensions"), "--accept-server-license-terms"];
  const environment = {
    ...process.env,
    HOME: at("home"),
    // No search for extensions on the network.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    WARMOR_RESULT: at("result"),
  };
  mkdirSync(at("home"));
  // The search path will not do: VS Code takes that of a login shell.
  mkdirSync(at("data/data/Machine"), { recursive: true });
  writeFileSync(
    at("data/data/Machine/settings.json"),
    JSON.stringify({ "warmor.server.path": join(tools, "warmor-lsp"), "warmor.compiler.path": join(tools, "warmorc") }),
  );
  execFileSync(process.execPath, [main, ...folders, "--install-extension", vsix], { env: environment, stdio: "pipe" });

  const log = start(process.execPath, [main, ...folders, "--host", "127.0.0.1", "--port", "0", "--without-connection-token", "--disable-workspace-trust", "--disable-telemetry"], {
    env: environment,
  });
  const port = await until("the server", () => /agent listening on (\d+)/.exec(Buffer.concat(log).toString())?.[1]);
  const here = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = [
    ["extensionDevelopmentPath", here(at("suite"))],
    ["extensionTestsPath", here(at("suite/suite"))],
    ["skipWelcome", "true"],
  ];
  const query = new URLSearchParams({ folder: at("workspace"), payload: JSON.stringify(payload) });
  const browser = BROWSERS.find((name) => process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, name))));
  if (browser === undefined) throw new Error(`no browser: one of ${BROWSERS.join(", ")} is needed`);
  start(browser, [
    "--headless=new",
    // Its own sandbox needs rights that a container or the administrator's account lacks; it opens one page, of this machine.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    `--user-data-dir=${at("browser")}`,
    `http://127.0.0.1:${port}/?${query}`,
  ]);

  const results = () => (existsSync(at("result")) ? readFileSync(at("result"), "utf8") : "");
  try {
    await until("the tests", () => /^\d+ passed/m.test(results()));
  } finally {
    console.log(results().trim().replace(/^/gm, "  "));
  }
  process.exitCode = / 0 failed/.test(results()) ? 0 : 1;
} catch (error) {
  console.error(String(error));
  for (const { command, log } of children) console.error(`── ${command}\n${Buffer.concat(log.map(Buffer.from)).toString().slice(-4000)}`);
  process.exitCode = 1;
} finally {
  stop();
}
