// What the tabs of the results share: the texts, the compiler, and the way from a result to its source.

import type { DiagnosticValue, Edit, Range } from "../../generated/whole.js";
import { button, h, type Child } from "./dom.js";
import type { Editor, Place } from "./editor/editor.js";
import { carried } from "./parts.js";
import type { Project } from "./project.js";
import type { Session } from "./session.js";

export interface Workbench {
  readonly project: Project;
  readonly session: Session;
  readonly editor: Editor;
  /** Says something in a few words, at the foot of the page. */
  note(text: string): void;
  /** Opens a tab, with something to do there. */
  show(tab: string): void;
  /** Decides an operation, as JSON or in words, in the tab for that. */
  tryEvent(operation: string): void;
}

/** A tab of the results. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly content: HTMLElement;
  /** How many there are of what it shows, for its label. */
  badge?(): { readonly count: number; readonly kind: "error" | "warning" } | undefined;
  /** Brings what it shows up to the current texts. Called when they have been read, and when it is opened. */
  refresh(): void;
  /** What it shows is of texts that have changed. */
  outdated?(): void;
}

/** The line and column of an offset in one of the project's texts. */
export function position(bench: Workbench, place: Place): string {
  const text = bench.project.text(place.file);
  if (!text) return place.file;
  const line = text.lineAt(Math.min(place.from, text.length));
  return `${place.file}:${line.number}:${place.from - line.from + 1}`;
}

/** Where a code is explained: in the documentation beside the page, if there is a page. */
function explanation({ code, url }: DiagnosticValue): string {
  return carried ? url : `docs/errors/${code}.html`;
}

/** A code, which leads to its explanation. */
export function codeLink(diagnostic: DiagnosticValue): HTMLAnchorElement {
  return h("a", { class: "small", href: explanation(diagnostic), target: "_blank", rel: "noopener noreferrer" }, diagnostic.code);
}

/** A button that leads to a place in the source, and lights it up while it is pointed at. */
export function placeButton(bench: Workbench, range: Range, label?: Child, name?: string): HTMLButtonElement {
  const lit = () => bench.editor.light([range]);
  const dark = () => bench.editor.light([]);
  return h(
    "button",
    {
      type: "button",
      class: "place",
      "aria-label": name,
      click: () => void bench.editor.reveal(range),
      mouseenter: lit,
      focus: lit,
      mouseleave: dark,
      blur: dark,
    },
    label ?? position(bench, range),
  );
}

/** A button that changes the texts as the compiler offers it for a version of them. */
export function applyButton(bench: Workbench, title: string, edits: readonly Edit[], version: number): HTMLButtonElement {
  return button(title, () => bench.editor.apply(edits, version), { class: "small" });
}

export function empty(title: string, text: string): HTMLElement {
  return h("p", { class: "empty" }, h("strong", {}, title), text);
}
