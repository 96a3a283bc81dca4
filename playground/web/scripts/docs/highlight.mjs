// Colours for the samples, by the compiler's own lexer and resolver: words look in these pages as they do in the editor.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A text that means itself in HTML. */
export const safe = (text) => text.replace(/[&<>"']/g, (c) => ESCAPED[c]);

/** Where the inside of `policy fragment for any { … }` begins: what stands around a fragment on these pages. */
const BEFORE = "policy fragment for any {\n";
const AFTER = "}\n";
export const complete = (fragment) => `${BEFORE}${fragment}${AFTER}`;

/** Gives what makes HTML of a text in the language. */
export async function highlighter(here) {
  const { initSync, Workspace } = await import(new URL("../../generated/compiler.js", import.meta.url));
  initSync({ module: await readFile(join(here, "generated/compiler.wasm")) });
  const workspace = new Workspace();
  const classes = workspace.tokenClasses();
  return (text, isFragment = false) => {
    const whole = isFragment ? complete(text) : text;
    const shift = isFragment ? BEFORE.length : 0;
    workspace.setFile("sample.warmor", whole);
    const tokens = workspace.tokens("sample.warmor");
    let html = "";
    let done = 0;
    for (let at = 0; at < tokens.length; at += 4) {
      const from = tokens[at] - shift;
      const to = tokens[at + 1] - shift;
      if (from < done || to > text.length) continue;
      html += `${safe(text.slice(done, from))}<span class="t-${classes[tokens[at + 2]]}">${safe(text.slice(from, to))}</span>`;
      done = to;
    }
    return html + safe(text.slice(done));
  };
}
