// The grammar's words are the lexer's words: neither more nor fewer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kinds, source } from "./tokenise.mjs";

const read = (path) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), "utf8");
const lexer = read("compiler/core/src/syntax/lexer.rs");
const reserved = [...lexer.matchAll(/#\[token\("([a-z_]+)"\)\]/g)].map((found) => found[1]);
const actions = new Set(
  [...lexer.slice(lexer.indexOf("The name of an action")).split(/^ +Action,$/m)[0].matchAll(/#\[token\("([a-z_]+)"\)\]/g)].map(
    (found) => found[1],
  ),
);

test("the lexer's words were found", () => {
  assert.ok(reserved.length > 90 && actions.size > 25, `${reserved.length} words, ${actions.size} actions`);
  assert.ok(reserved.includes("policy") && actions.has("mmap_exec"));
});

test("each word of the lexer is a keyword, an action or a constant", () => {
  for (const word of reserved) {
    const [[, kind]] = kinds(word);
    const wanted = actions.has(word) ? /^support\.function\.action$/ : /^(keyword|constant\.language)\b/;
    assert.match(kind, wanted, word);
  }
});

test("each word that the grammar lists is one of the lexer", () => {
  const listed = new Set();
  for (const [, words] of source("source.warmor").matchAll(/\\\\b\((?:\?:)?([a-z_|]+)\)(?!\(\?=)/g)) {
    for (const word of words.split("|")) listed.add(word);
  }
  for (const [, word] of source("source.warmor").matchAll(/\\\\b([a-z_]+)\\\\b/g)) listed.add(word);
  assert.deepEqual([...listed].filter((word) => !reserved.includes(word)), []);
  assert.deepEqual(reserved.filter((word) => !listed.has(word)), []);
});

test("after a dot no word is reserved", () => {
  for (const word of reserved) {
    assert.deepEqual(kinds(`process.${word}`)[2], [word, "variable.other.member"]);
  }
});

test("the first word of each fact is one", () => {
  const roots = [...read("runtime/policy/schema.toml").matchAll(/^name = "([a-z]+)\.[a-z_]+"$/gm)].map((found) => found[1]);
  assert.ok(roots.includes("process") && roots.includes("pod"));
  for (const root of [...roots, "parent", "target"]) {
    assert.deepEqual(kinds(`${root}.name`)[0], [root, "variable.language.fact"]);
  }
});

test("the words of the other editors are the lexer's too", () => {
  const vim = read("lsp/editors/neovim/syntax/warmor.vim");
  const ofVim = [...vim.matchAll(/^syntax keyword warmor\w+ (.*)$/gm)].flatMap((found) => found[1].split(" "));
  // One word cannot be a keyword of Vim's.
  assert.match(vim, /^syntax match warmorOperatorWord "\\<contains\\>"$/m);
  assert.deepEqual([...ofVim, "contains"].sort(), [...reserved].sort());
  const emacs = read("lsp/editors/emacs/warmor-mode.el");
  const ofEmacs = [...emacs.matchAll(/\(defconst warmor--\w+\s+'\(([^)]*)\)\)/g)].flatMap((found) =>
    [...found[1].matchAll(/"([a-z_]+)"/g)].map((word) => word[1]),
  );
  assert.deepEqual(ofEmacs.sort(), [...reserved].sort());
});
