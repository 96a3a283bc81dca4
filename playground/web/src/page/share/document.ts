// A report of the project as one HTML file that needs nothing else: for a review, an archive, a mail. It runs no script.

import type { DiagnosticValue, TestsValue } from "../../../generated/whole.js";
import { home } from "../parts.js";
import { MANIFEST } from "../project.js";
import type { Workbench } from "../workbench.js";
import { fragment } from "./link.js";

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: light-dark(#1b2230, #e2e6ed); background: light-dark(#fff, #12161c) }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
pre { font: 13px/1.55 ui-monospace, Menlo, Consolas, monospace; padding: .8rem 1rem; overflow-x: auto; border: 1px solid light-dark(#d8dce3, #2b313c); border-radius: 6px }
a { color: light-dark(#1a56b0, #86b4ff) }
.error, .failed { color: light-dark(#b0231c, #ff938a) } .warning { color: light-dark(#855400, #efbb63) } .passed { color: light-dark(#186a3b, #74d596) }
.keyword, .method { color: light-dark(#7b2d8e, #d6a1f0) } .class, .type { color: light-dark(#0a6a75, #6fd0dc) } .namespace, .event, .function, .macro { color: light-dark(#1a4fa8, #8fb8ff) }
.property { color: light-dark(#5b4a1f, #dcc58c) } .enumMember { color: light-dark(#0f5e8c, #82c7f0) } .number { color: light-dark(#9a3412, #f3a878) } .string, .regexp { color: light-dark(#1c6b34, #93d6a4) }
.comment { color: light-dark(#66707f, #8d97a6); font-style: italic }
`;

/** A text that means itself in HTML. */
function safe(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function coloured(text: string, tokens: Uint32Array, classes: readonly string[]): string {
  let html = "";
  let done = 0;
  for (let at = 0; at < tokens.length; at += 4) {
    const from = tokens[at]!;
    const to = tokens[at + 1]!;
    html += `${safe(text.slice(done, from))}<span class="${safe(classes[tokens[at + 2]!] ?? "")}">${safe(text.slice(from, to))}</span>`;
    done = to;
  }
  return html + safe(text.slice(done));
}

function problems(list: readonly DiagnosticValue[], bench: Workbench): string {
  if (list.length === 0) return "<p>None.</p>";
  const line = ({ file, from }: { file: string; from: number }) => {
    const text = bench.project.text(file);
    return text ? `${file}:${text.lineAt(Math.min(from, text.length)).number}` : file;
  };
  return `<ul>${list.map((each) => `<li><strong class="${each.level}">${each.level}</strong> ${safe(line(each.range))}: ${safe(each.message)} <a href="${safe(each.url)}">${safe(each.code)}</a></li>`).join("")}</ul>`;
}

function tested({ tests }: TestsValue): string {
  if (tests.length === 0) return "<p>None.</p>";
  const one = (test: TestsValue["tests"][number]) =>
    `<li><strong class="${test.passed ? "passed" : "failed"}">${test.passed ? "passed" : "failed"}</strong> ${safe(test.name)}<ul>${test.expectations.map((each) => `<li>${each.met ? "✓" : "✕"} <code>${safe(each.text)}</code>${each.message === undefined ? "" : ` ${safe(each.message)}`}</li>`).join("")}</ul></li>`;
  return `<ul>${tests.map(one).join("")}</ul>`;
}

/** The document; nothing if the texts change while it is made. */
export async function exported(bench: Workbench): Promise<Blob | undefined> {
  const { project, session } = bench;
  const { files } = project.snapshot;
  const address = `${home}#${await fragment(project.snapshot)}`;
  const sections: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const tokens = path === MANIFEST ? new Uint32Array() : await session.askNow("tokens", [path]);
    if (!tokens) return undefined;
    sections.push(`<h2>${safe(path)}</h2><pre>${coloured(text, tokens, session.tokenClasses)}</pre>`);
  }
  const diagnostics = await session.askNow("diagnostics", []);
  const tests = await session.askNow("tests", []);
  if (!diagnostics || !tests) return undefined;
  const proved = session.lastFound && session.isCurrent(session.lastFound.version) ? "proved by the exact engine" : "not proved yet";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Warmor policy</title><style>${STYLE}</style></head>
<body><h1>Warmor policy</h1><p><a href="${safe(address)}">Open in the playground</a></p>
<h2>Findings (${proved})</h2>${problems(diagnostics, bench)}
<h2>Tests</h2>${tests.errors ? "<p>The program has mistakes.</p>" : tested(tests)}
${sections.join("\n")}
</body></html>
`;
  return new Blob([html], { type: "text/html" });
}
