// Colours for words, by what the compiler says they are.
//
// The compiler's tokens are those of a text that may have changed since. They are kept as they came, with the changes since then,
// and only what is on the screen is ever made into decorations: a file of ten thousand rules costs what its visible lines cost.

import { StateEffect, StateField, type ChangeDesc, type Range } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";

interface Tokens {
  /** Four numbers each: from, to, class, bits. */
  readonly list: Uint32Array;
  readonly since: ChangeDesc | undefined;
}

const NONE: Tokens = { list: new Uint32Array(), since: undefined };
const DEFINED = 1;

export const setTokens = StateEffect.define<Uint32Array>();

const tokens = StateField.define<Tokens>({
  create: () => NONE,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setTokens)) return { list: effect.value, since: undefined };
    if (!transaction.docChanged) return value;
    const since = value.since ? value.since.composeDesc(transaction.changes.desc) : transaction.changes.desc;
    return { list: value.list, since };
  },
});

/** The legend's word for a class, from the protocol's to this page's. */
const NAMES: Readonly<Record<string, string>> = {
  method: "action",
  variable: "constant",
  class: "subject",
  function: "predicate",
  macro: "template",
  event: "label",
  property: "fact",
  regexp: "path",
  decorator: "attribute",
};

type Marks = readonly (readonly [plain: Decoration, defined: Decoration])[];

function marksOf(classes: readonly string[]): Marks {
  return classes.map((name) => {
    const known = `w-${NAMES[name] ?? (name === "namespace" ? "policy" : name)}`;
    return [Decoration.mark({ class: known }), Decoration.mark({ class: `${known} w-defined` })];
  });
}

/** Highlights with these classes, which are known before the first tokens come. */
export function tokenColours(classes: () => readonly string[]) {
  let marks: Marks = [];

  function visible(view: EditorView): DecorationSet {
    const { list, since } = view.state.field(tokens);
    if (marks.length === 0) marks = marksOf(classes());
    const back = since?.invertedDesc;
    const ranges: Range<Decoration>[] = [];
    let last = -1;
    for (const { from, to } of view.visibleRanges) {
      const begin = back ? back.mapPos(from, -1) : from;
      const end = back ? back.mapPos(to, 1) : to;
      for (let at = first(list, begin); at < list.length && list[at]! < end; at += 4) {
        if (at <= last) continue;
        last = at;
        const start = since ? since.mapPos(list[at]!, 1) : list[at]!;
        const stop = since ? since.mapPos(list[at + 1]!, -1) : list[at + 1]!;
        const mark = marks[list[at + 2]!]?.[list[at + 3]! & DEFINED ? 1 : 0];
        if (mark && start < stop && stop <= view.state.doc.length) ranges.push(mark.range(start, stop));
      }
    }
    return Decoration.set(ranges, true);
  }

  const shown = ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = visible(view);
      }
      update(update: ViewUpdate): void {
        const { view, startState, state } = update;
        if (update.viewportChanged || startState.field(tokens, false) !== state.field(tokens)) this.decorations = visible(view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
  return [tokens, shown];
}

/** Where the first token is that ends behind an offset. */
function first(list: Uint32Array, offset: number): number {
  let low = 0;
  let high = list.length / 4;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle * 4 + 1]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low * 4;
}
