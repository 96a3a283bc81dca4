// What the compiler says of the text, as CodeMirror wants it: completion, hover, problems and their fixes.

import { snippet, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Action, Diagnostic } from "@codemirror/lint";
import { hoverTooltip } from "@codemirror/view";
import type { CompletionValue, DiagnosticValue, Edit } from "../../../generated/whole.js";
import { h } from "../dom.js";
import { inline, markdown } from "../markdown.js";
import type { Session } from "../session.js";

/** Applies changes of files that the compiler offered for a version of the texts; says so where that is over. */
export type Apply = (edits: readonly Edit[], version: number) => void;

/** The most problems that are marked in one text. */
const MOST = 1_000;

export function completion(session: Session, file: () => string) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/[\w.\-/*:]*/);
    if (!context.explicit && (!word || word.from === word.to) && !/[ .]$/.test(context.state.sliceDoc(context.pos - 1, context.pos))) {
      return null;
    }
    const control = new AbortController();
    context.addEventListener("abort", () => control.abort());
    const found = await session.askNow("completions", [file(), context.pos], control.signal);
    if (!found || found.length === 0) return null;
    const from = Math.min(...found.map((each) => each.replaced.from));
    const same = found.filter((each) => each.replaced.from === from);
    return { from, options: same.map(option), validFor: /^[\w.\-]*$/ };
  };
}

function option(value: CompletionValue): Completion {
  const plain = value.snippet === value.plain;
  return {
    label: value.label,
    detail: value.detail,
    boost: Math.max(-99, 99 - value.rank),
    ...(value.documentation === "" ? {} : { info: () => markdown(value.documentation) }),
    apply: (view, completion, from, to) => {
      if (plain) {
        view.dispatch({
          changes: { from, to, insert: value.plain },
          selection: { anchor: from + value.plain.length },
          userEvent: "input.complete",
        });
      } else {
        // Places to fill in are written `${1}` here; numbers give their order.
        snippet(value.snippet.replace(/\$(\d+)/g, "$${$1}"))(view, completion, from, to);
      }
      const also = value.also.filter((edit) => edit.range.file === value.replaced.file && edit.range.to <= from);
      if (also.length > 0) {
        view.dispatch({ changes: also.map(({ range, text }) => ({ from: range.from, to: range.to, insert: text })) });
      }
    },
  };
}

export function hover(session: Session, file: () => string) {
  return hoverTooltip(async (_view, offset) => {
    const found = await session.askNow("hover", [file(), offset]);
    if (!found) return null;
    return { pos: found.range.from, end: found.range.to, above: true, create: () => ({ dom: markdown(found.markdown) }) };
  });
}

const SEVERITY = { error: "error", warning: "warning", note: "info" } as const;

/** The problems of one file. */
export function problems(list: readonly DiagnosticValue[], file: string, version: number, length: number, apply: Apply): Diagnostic[] {
  const own = list.filter((each) => each.range.file === file).slice(0, MOST);
  return own.map((each) => {
    const from = Math.min(each.range.from, length);
    const to = Math.min(Math.max(each.range.to, from), length);
    const actions: Action[] = each.fixes.map((fix) => ({ name: fix.title, apply: () => apply([fix.edit], version) }));
    return {
      from,
      to,
      severity: SEVERITY[each.level],
      source: each.code,
      message: each.message,
      renderMessage: () =>
        h(
          "div",
          {},
          h("p", {}, ...inline(each.message), " ", h("code", {}, each.code)),
          ...each.notes.map((note) => h("p", { class: "help" }, ...inline(note))),
          each.help !== undefined && h("p", { class: "help" }, ...inline(each.help)),
        ),
      actions,
      ...(each.unnecessary ? { markClass: "w-unnecessary" } : {}),
    };
  });
}
