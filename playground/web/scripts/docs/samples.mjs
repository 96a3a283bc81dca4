// The samples of the documentation: what they are by their info strings, and the address that opens each in the playground.
//
// The classification is that of the tests that run them (`tests/conformance/tests/written_policies.rs` and, for the pages of the
// codes, `compiler/core/tests/error_pages.rs`):
//
//   warmor                 a complete file, clean
//   warmor,fragment        the inside of `policy fragment for any { … }`
//   warmor,error(CODE)     a complete file that yields this finding
//   warmor target=…        on a page of a code: a complete file for another target; `set=…` and `budget=…` are options of a command
//   toml                   on a page of a code: a manifest

import { deflateRawSync } from "node:zlib";
import { complete } from "./highlight.mjs";

const packed = (text) => deflateRawSync(Buffer.from(text), { level: 9 }).toString("base64url");
const code = (text) => `code/${packed(text)}`;
const project = (files, active) => `project/${packed(JSON.stringify({ files, active }))}`;

/** The day on which the tests look at the pages of the codes. */
const TODAY = "2026-06-01";
/** What is found when tables are made, which the page does for this tab. */
const OF_TABLES = /^E07/;

/** How an address goes on: which tab shows what the sample is about, and the day that it counts with. */
function asked(text, expects) {
  const tab = expects === "clean" ? undefined : OF_TABLES.test(expects) ? "artifact" : "findings";
  const today = /\buntil \d{4}-/.test(text) ? TODAY : undefined;
  return { ...(tab && { tab }), ...(today && { today }) };
}

/** The program beside a manifest that is shown alone. */
const BESIDE_MANIFEST = "let secrets = [/etc/shadow]\n";

/**
 * What a block is: `undefined` if it is none of the language.
 *
 * `address` opens it, with `query` (nothing where the page cannot show what the sample does), `expects` is the code that it yields or `clean`, and
 * `options` are what a command line would have to say.
 */
export function sample(info, text, { errorPage, isWrong }) {
  const [kind, ...words] = info.trim().split(/\s+/);
  const expects = errorPage === undefined ? "clean" : isWrong ? errorPage : "clean";
  const query = asked(text, expects);
  if (kind === "toml" && errorPage !== undefined) {
    return { address: project({ "warmor.toml": text, "policy.warmor": BESIDE_MANIFEST }, "warmor.toml"), query, expects, options: [], language: "toml" };
  }
  if (!kind.startsWith("warmor")) return undefined;
  if (kind === "warmor,fragment") return { address: code(complete(text)), query, expects, options: [], language: "fragment" };
  const finding = /^warmor,error\((\w+)\)$/.exec(kind);
  if (finding) return { address: code(text), query: asked(text, finding[1]), expects: finding[1], options: [], language: "warmor" };
  if (kind !== "warmor") throw new Error(`\`${info}\` is not an info string of these pages`);
  const options = words.map((word) => word.split(/=(.*)/s).slice(0, 2));
  const target = options.find(([name]) => name === "target")?.[1];
  const others = options.filter(([name]) => name !== "target").map(([name, value]) => `--${name} ${value}`);
  if (others.length > 0) return { address: undefined, query, expects, options: others, language: "warmor" };
  if (target !== undefined) {
    const manifest = `[package]\nname = "sample"\ntarget = "${target}"\n`;
    return { address: project({ "policy.warmor": text, "warmor.toml": manifest }, "policy.warmor"), query, expects, options: [], language: "warmor" };
  }
  return { address: code(text), query, expects, options: [], language: "warmor" };
}
