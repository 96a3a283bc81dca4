// Puts the page together.

import { commands } from "./commands.js";
import { button, byId, counted, h } from "./dom.js";
import { Editor } from "./editor/editor.js";
import { example, gallery } from "./examples.js";
import { FileStrip } from "./files.js";
import { paneKeys, splitter } from "./panes.js";
import { binary, carried, startWorker } from "./parts.js";
import { Project, type Snapshot } from "./project.js";
import { Results } from "./results.js";
import { isObstacle, Session } from "./session.js";
import { FIRST_FILE, fragment, read } from "./share/link.js";
import { shareDialog } from "./share/dialog.js";
import { earlierFiles, storedFiles, storeEarlierFiles, storeFiles } from "./share/storage.js";
import { artifact } from "./tabs/artifact.js";
import { decide } from "./tabs/decide.js";
import { difference } from "./tabs/difference.js";
import { findings } from "./tabs/findings.js";
import { graph } from "./tabs/graph.js";
import type { Workbench } from "./workbench.js";

const WELCOME: Snapshot = {
  files: {
    [FIRST_FILE]: `# What you write here is checked and proved as you type, in this page alone.
package demo

import std.files.{shells}

subject web = process.exe in [/usr/sbin/nginx]

policy web_tier for web {
  mode prevent
  default deny read, write, exec
  pages: allow read /var/www/**
  logs: allow write /var/log/nginx/*.log
  no_shell: deny exec shells severity critical then kill, alert secops
    because "a web server that starts a shell is an intrusion"
}

assert "web never reads passwords" { never web can read /etc/shadow }

test "nginx serves pages and nothing else" {
  as { process.exe: /usr/sbin/nginx }
  expect allow read /var/www/index.html
  expect deny exec /bin/sh by no_shell
}
`,
  },
  active: FIRST_FILE,
};

/** How long after the last key files are stored. */
const REST = 400;

const embedding = /^#embed\b/.test(location.hash) || new URLSearchParams(location.search).has("embed");
const project = new Project();

function banner(text: string, ...more: HTMLElement[]): void {
  const element = byId("banner");
  element.replaceChildren(h("p", {}, text), ...more, button("Dismiss", () => (element.hidden = true), { class: "quiet" }));
  element.hidden = false;
}

function note(text: string): void {
  byId("status-note").textContent = text;
}

/** Opens other files than those that are there, which are put aside. */
function replace(snapshot: Snapshot, before: Snapshot | undefined, what: string): void {
  const same = before && JSON.stringify(before.files) === JSON.stringify(snapshot.files);
  project.replace(snapshot);
  differenceTab.opened(project.snapshot);
  if (!before || same || embedding) return;
  storeEarlierFiles(before);
  banner(`${what} is open. The files that you had are put aside.`, button("Bring them back", bringBack));
}

function bringBack(): void {
  const earlier = earlierFiles();
  if (!earlier) return;
  clearAddress();
  replace(earlier, project.snapshot, "What you had before");
  byId("banner").hidden = true;
}

function goToExample(name: string): void {
  const hash = `#example/${name}`;
  if (location.hash === hash) void arrive(false);
  else location.hash = hash;
}

/** A link that says something else than what is shown would mislead. */
function clearAddress(): void {
  if (location.hash !== "" && !embedding) address(location.pathname + location.search);
}

/** Puts another address in the place of the page's own, where that is allowed: not every browser does for files. */
function address(to: string): void {
  try {
    history.replaceState(null, "", to);
  } catch {
    // The page works with the one that it has.
  }
}

/** Opens what the address says. */
async function arrive(first: boolean): Promise<void> {
  const { target, tab, operation, today } = await read(location.hash);
  const isDay = await session.setDay(today);
  if (today !== undefined) note(isDay ? `Rules end here as they do on ${today}.` : `${today} is no day.`);
  const before = first ? storedFiles() : project.snapshot;
  const keep = () => {
    if (!first) return;
    project.replace(before ?? carried?.snapshot ?? WELCOME);
    differenceTab.opened(project.snapshot);
  };
  if (target.kind === "files") {
    replace(target.snapshot, before, "The linked policy");
  } else if (target.kind === "example") {
    await openExample(target.name, before, keep);
  } else {
    keep();
    if (target.kind === "broken") {
      banner(`This link cannot be opened: ${target.why}. ${before ? "Your files are as they were." : "Ask for the whole link."}`);
      clearAddress();
    }
  }
  if (operation !== undefined) decideTab.tryEvent(operation);
  if (tab !== undefined && results.has(tab)) results.open(tab);
}

async function openExample(name: string, before: Snapshot | undefined, keep: () => void): Promise<void> {
  try {
    const found = await example(name);
    if (found) return replace(found, before, `The example ${name}`);
    banner(`There is no example ${name}. Your files are as they were.`);
  } catch {
    banner("The examples cannot be loaded. Your files are as they were.");
  }
  keep();
  clearAddress();
}

function status(): void {
  const problems = byId("status-problems");
  const proof = byId("status-proof");
  const { lastChecked: checked, lastFound: found } = session;
  if (!checked || !session.isCurrent(checked.version)) {
    proof.textContent = "checking …";
    problems.textContent = "…";
    problems.className = "";
    return;
  }
  const count = (level: string) => checked.diagnostics.filter((each) => each.level === level).length;
  const errors = count("error");
  const warnings = count("warning");
  const parts = [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")].filter((part) => part !== false);
  problems.textContent = parts.length > 0 ? parts.join(", ") : "No problems";
  problems.className = errors > 0 ? "error" : warnings > 0 ? "warning" : "";
  const ms = (n: number) => (n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString("en"));
  // With a mistake in the program itself there is nothing to prove.
  if (checked.diagnostics.some(isObstacle)) proof.textContent = `checked in ${ms(checked.milliseconds)} ms`;
  else if (found?.version === checked.version) proof.textContent = `checked in ${ms(checked.milliseconds)} ms, proved by the exact engine in ${ms(found.milliseconds)} ms`;
  else proof.textContent = `checked in ${ms(checked.milliseconds)} ms, proving …`;
}

if (embedding) document.body.classList.add("embedded");
splitter();
const module = WebAssembly.compileStreaming(binary("compiler.wasm"));
const whole = () => WebAssembly.compileStreaming(binary("whole.wasm"));
const session = new Session(project, await module, whole, startWorker);
const editor = new Editor(byId("editor"), project, session);
const bench: Workbench = {
  project,
  session,
  editor,
  note,
  show: (tab) => results.open(tab),
  tryEvent: (operation) => decideTab.tryEvent(operation),
};
const decideTab = decide(bench);
const differenceTab = difference(bench);
const results = new Results(session, [decideTab, findings(bench), graph(bench), differenceTab, artifact(bench)], !embedding);
new FileStrip(project, session);
commands(
  {
    examples: () => void gallery(goToExample).catch(() => banner("The examples cannot be loaded.")),
    share: () => void shareDialog(bench),
    format: () => void editor.format().then(note),
    openWhole: () => void fragment(project.snapshot).then((packed) => window.open(`${location.pathname}#${packed}`, "_blank", "noopener")),
  },
  embedding,
);

paneKeys([
  { element: byId("source"), focus: () => editor.focus() },
  { element: byId("results"), focus: () => results.focus() },
  { element: byId("top"), focus: () => byId("top").querySelector("button")?.focus() },
]);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  editor.focus();
});
byId("status-problems").addEventListener("click", () => results.open("findings"));
editor.refused.listen(note);
session.checked.listen(status);
session.proved.listen(status);
session.outdated.listen(status);
session.failed.listen((message) => {
  const what = session.isGone ? "It cannot be started here. What you write is kept." : "It has been started anew; your files are as they were.";
  banner(`The compiler failed (${message}), which is a defect of it. ${what}`);
});
session.loading.listen((loading) => note(loading ? "Loading the rest of the compiler …" : ""));
session.unavailable.listen((why) => banner(`The rest of the compiler could not be loaded (${why}). Everything but this works; what is asked next tries again.`));
window.addEventListener("hashchange", () => void arrive(false));

await arrive(true);
let resting: ReturnType<typeof setTimeout> | undefined;
const store = () => {
  clearTimeout(resting);
  if (!embedding && !storeFiles(project.snapshot)) note("This browser keeps nothing: share a link or export before you leave.");
};
project.edited.listen(() => {
  clearAddress();
  clearTimeout(resting);
  resting = setTimeout(store, REST);
});
window.addEventListener("pagehide", store);
await session.start();
editor.start();
byId("editor").classList.remove("loading");
document.documentElement.dataset["ready"] = String(Math.round(performance.now()));

if ("serviceWorker" in navigator && !embedding && !carried) {
  navigator.serviceWorker.register("offline.js").then(
    () => navigator.serviceWorker.ready.then(() => (document.documentElement.dataset["offline"] = "ready")),
    // Without one the page works as long as there is a network.
    () => {},
  );
}
