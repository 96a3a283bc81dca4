// The problem matcher reads what `warmorc check --format github` prints.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { contributes } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const [pattern] = contributes.problemPatterns;

/** What the editor makes of a line. */
function read(line) {
  const found = new RegExp(pattern.regexp).exec(line);
  if (!found) return undefined;
  const { name: _, regexp: __, ...parts } = pattern;
  return Object.fromEntries(Object.entries(parts).map(([part, group]) => [part, found[group]]));
}

test("a finding", () => {
  assert.deepEqual(read("::error file=shop/a.warmor,line=3,endLine=4,col=12,endColumn=14,title=E0101::there is no name `etc`"), {
    severity: "error",
    file: "shop/a.warmor",
    line: "3",
    endLine: "4",
    column: "12",
    endColumn: "14",
    code: "E0101",
    message: "there is no name `etc`",
  });
});

test("anything else is left alone", () => {
  assert.equal(read("1 error"), undefined);
  assert.equal(read("ok the secret stays secret"), undefined);
});
