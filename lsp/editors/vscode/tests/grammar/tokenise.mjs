// Tokens of a text as an editor sees them: the engine is VS Code's own.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const require = createRequire(import.meta.url);
const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const grammars = {
  "source.warmor": "../../syntaxes/warmor.tmLanguage.json",
  "markdown.warmor.codeblock": "../../syntaxes/markdown.tmLanguage.json",
};

/** The text of a grammar of this extension. */
export function source(scope) {
  return readFileSync(new URL(grammars[scope], import.meta.url), "utf8");
}

const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) =>
    scope in grammars ? textmate.parseRawGrammar(source(scope), `${scope}.json`) : null,
});

const warmor = await registry.loadGrammar("source.warmor");
const markdown = await registry.loadGrammar("markdown.warmor.codeblock");

/** Each token with its line (from 0), its place in it, its text and its scopes without the outermost. White space is left out. */
export function* tokens(text, grammar = warmor) {
  let state = textmate.INITIAL;
  for (const [line, content] of text.split(/\r?\n/).entries()) {
    const result = grammar.tokenizeLine(content, state);
    state = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      const piece = content.slice(startIndex, endIndex);
      if (piece.trim() !== "") yield { line, start: startIndex, end: endIndex, text: piece.trim(), scopes: scopes.slice(1) };
    }
  }
}

/** The same of a page in Markdown, as far as the injected grammar speaks of it. */
export const ofMarkdown = (text) => tokens(text, markdown);

/** The innermost scope of each token, without the language's name: `[["deny", "keyword.control.deny"], …]`. */
export function kinds(text) {
  return [...tokens(text)].map(({ text, scopes }) => [text, (scopes.at(-1) ?? "").replace(/\.warmor$/, "")]);
}
