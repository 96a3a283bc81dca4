// The whole page as one HTML file: with the compiler, the examples and the project, for whoever has no network or no server. It runs where it is
// opened, and has no more rights than the page: what may run and what is drawn is named by digests.

import type { Snapshot } from "../project.js";
import { BINARIES, blockOf, home, packedBinary, text, TEXTS, type Carried, type Text } from "../parts.js";

/** What stands in the file as it is, because it runs or is drawn. */
const STYLES = ["colours.css", "page.css"] as const;
const SCRIPT = "page.js";

async function digest(content: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** Text that may stand in a `<script>` as data: no `<` is left of which a browser could make anything. */
function asData(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** What would end the element that it is in, or begin what only a comment ends; put together here because this text stands in such a file. */
const BREAKS = { script: new RegExp(["<!", "--|</script"].join(""), "i"), style: /<\/style/i } as const;

/** Text that is to run, or to be drawn, and must be the same to the letter. */
function asItIs(name: Text, content: string): string {
  if (BREAKS[name === SCRIPT ? "script" : "style"].test(content)) throw new Error(`${name} cannot stand inside of a page`);
  return content;
}

/** Gives the file. */
export async function wholePage(snapshot: Snapshot): Promise<Blob> {
  const parts = Object.fromEntries(await Promise.all(TEXTS.map(async (name) => [name, await text(name)] as const))) as Record<Text, string>;
  const page = new DOMParser().parseFromString(parts["index.html"], "text/html");
  for (const element of page.querySelectorAll('link, script, meta[charset], meta[http-equiv="Content-Security-Policy"]')) element.remove();
  const icon = `data:image/svg+xml;base64,${btoa(parts["icon.svg"])}`;
  for (const image of page.querySelectorAll("img")) image.setAttribute("src", icon);

  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${await digest(parts[SCRIPT])}' 'wasm-unsafe-eval'`,
    `style-src ${(await Promise.all(STYLES.map(async (name) => `'sha256-${await digest(parts[name])}'`))).join(" ")}`,
    "img-src data: blob:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const carried: Carried = { snapshot, home, id: (await digest(JSON.stringify(snapshot))).slice(0, 12) };
  const block = (name: string, type: string, content: string) => `<script type="${type}" id="${blockOf(name)}">${content}</script>`;
  const data = TEXTS.filter((name) => name !== SCRIPT && !STYLES.some((style) => style === name));
  // The policy comes first but for the encoding: it holds for what stands behind it. This is written and not put together of elements,
  // which would have to keep to the policy of the page that makes it.
  return new Blob(
    [
      `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">\n`,
      page.head.innerHTML.trim(),
      `\n<link rel="icon" type="image/svg+xml" href="${icon}">\n`,
      ...STYLES.map((name) => `<style id="${blockOf(name)}">${asItIs(name, parts[name])}</style>\n`),
      `</head>\n<body>\n${page.body.innerHTML.trim()}\n`,
      block("carried", "application/json", asData(carried)),
      ...data.map((name) => block(name, "application/json", asData(parts[name]))),
      ...(await Promise.all(BINARIES.map(async (name) => block(name, "application/octet-stream", await packedBinary(name))))),
      block(SCRIPT, "module", asItIs(SCRIPT, parts[SCRIPT])),
      "\n</body>\n</html>\n",
    ],
    { type: "text/html" },
  );
}
