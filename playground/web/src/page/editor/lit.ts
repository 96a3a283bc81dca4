// Parts of the text that are lit up because something elsewhere on the page is about them.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

const setLit = StateEffect.define<readonly { from: number; to: number }[]>();
const mark = Decoration.mark({ class: "w-lit" });

export const lit = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    // What it was about may be gone with any edit.
    let next = transaction.docChanged ? Decoration.none : value;
    for (const effect of transaction.effects) {
      if (!effect.is(setLit)) continue;
      const { length } = transaction.state.doc;
      const ranges = effect.value.filter(({ from, to }) => from < to && to <= length);
      next = Decoration.set(ranges.map(({ from, to }) => mark.range(from, to)), true);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function light(view: EditorView, ranges: readonly { from: number; to: number }[]): void {
  view.dispatch({ effects: setLit.of(ranges) });
}
