// Every policy of the repository: nothing without a scope, nothing illegal, and what each scope holds as a snapshot.
// `UPDATE=1 npm test` writes the snapshots anew.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { join, relative } from "node:path";
import { tokens } from "./tokenise.mjs";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const snapshots = fileURLToPath(new URL("./snapshots/", import.meta.url));
mkdirSync(snapshots, { recursive: true });

function policies(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(".warmor"))
    .map((name) => join(root, folder, name))
    .sort();
}

const examples = policies("examples");
const library = policies("stdlib");

test("there are policies to look at", () => {
  assert.ok(examples.length >= 10 && library.length >= 10);
});

for (const file of [...examples, ...library]) {
  test(`${relative(root, file)}: every token has a scope, none is illegal`, () => {
    for (const { line, text, scopes } of tokens(readFileSync(file, "utf8"))) {
      assert.ok(scopes.length > 0, `line ${line + 1}: \`${text}\` has no scope`);
      assert.ok(!scopes.some((scope) => scope.startsWith("invalid")), `line ${line + 1}: \`${text}\` is ${scopes.at(-1)}`);
    }
  });
}

for (const file of examples) {
  test(`${relative(root, file)}: what each scope holds`, () => {
    const held = new Map();
    const source = readFileSync(file, "utf8").split("\n");
    let last;
    for (const { line, start, end, scopes } of tokens(source.join("\n"))) {
      // A path or string counts as a whole.
      const scope = (scopes[0].startsWith("string") ? scopes[0] : scopes.join(" ")).replaceAll(".warmor", "");
      if (scope.startsWith("comment")) continue;
      if (scope.startsWith("string") && last?.scope === scope && last.line === line && last.end === start) {
        held.get(scope).delete(source[line].slice(last.start, last.end));
        last.end = end;
      } else {
        last = { line, start, end, scope };
      }
      if (!held.has(scope)) held.set(scope, new Set());
      held.get(scope).add(source[line].slice(last.start, last.end).trim());
    }
    const lines = [...held].map(([scope, texts]) => `${scope}\n    ${[...texts].sort().join("  ")}\n`);
    const found = lines.sort().join("");
    const snapshot = join(snapshots, `${relative(join(root, "examples"), file).replace(/[\\/].*/, "")}.txt`);
    if (process.env.UPDATE) writeFileSync(snapshot, found);
    assert.equal(found, readFileSync(snapshot, "utf8"), "`UPDATE=1 npm test` accepts it");
  });
}
