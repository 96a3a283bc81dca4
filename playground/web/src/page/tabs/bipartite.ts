// A drawing of who reaches what: those who act on the left, what they act on on the right, lines between.

import { h, svg } from "../dom.js";

export type LineKind = "all" | "some" | "conditional" | "open" | "unknown";

export interface Line {
  readonly from: number;
  readonly to: number;
  readonly kind: LineKind;
  /** For people who do not see it. */
  readonly label: string;
}

const ROW = 34;
const BOX = 24;
const CHARACTER = 7.3;
const PAD = 10;
const GAP = 190;
const MOST_CHARACTERS = 28;

const cut = (name: string) => (name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name);
const widthOf = (names: readonly string[]) => Math.max(60, ...names.map((name) => cut(name).length * CHARACTER + 2 * PAD));

/** What the kinds of lines mean, in the order in which they are explained. */
export const KINDS: Readonly<Record<LineKind, string>> = {
  all: "all of it allowed",
  some: "some of it allowed",
  conditional: "allowed under conditions",
  open: "open: nothing is said of it",
  unknown: "not known",
};

/** Draws it. `choose` gets the number of a line that was clicked. */
export function bipartite(left: readonly string[], right: readonly string[], lines: readonly Line[], title: string, choose: (line: number) => void): HTMLElement {
  const leftWidth = widthOf(left);
  const rightWidth = widthOf(right);
  const width = leftWidth + GAP + rightWidth + 4;
  const rows = Math.max(left.length, right.length);
  const height = rows * ROW + 8;
  const y = (i: number, count: number) => 4 + ((rows - count) * ROW) / 2 + i * ROW + ROW / 2;
  const boxes = (names: readonly string[], x: number, wide: number, side: string) =>
    names.map((name, i) => {
      const top = y(i, names.length) - BOX / 2;
      return svg(
        "g",
        { class: `node ${side}` },
        svg("title", {}, name),
        svg("rect", { x, y: top, width: wide, height: BOX, rx: 5 }),
        svg("text", { x: x + PAD, y: top + 16 }, cut(name)),
      );
    });
  const drawn = lines.map((line, i) => {
    const from = y(line.from, left.length);
    const to = y(line.to, right.length);
    const begin = 2 + leftWidth;
    const end = begin + GAP;
    const path = `M${begin} ${from} C${begin + GAP / 2} ${from} ${begin + GAP / 2} ${to} ${end} ${to}`;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(i);
    };
    return svg(
      "g",
      { class: `edge ${line.kind}`, tabindex: 0, role: "button", "aria-label": line.label, "data-line": i, click: () => choose(i), keydown: pressed },
      svg("title", {}, line.label),
      svg("path", { d: path, class: "near" }),
      svg("path", { d: path, class: "ink" }),
    );
  });
  const picture = svg(
    "svg",
    { class: "bipartite", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": title },
    ...drawn,
    ...boxes(left, 2, leftWidth, "left"),
    ...boxes(right, 2 + leftWidth + GAP, rightWidth, "right"),
  );
  const kinds = (Object.keys(KINDS) as LineKind[]).filter((kind) => lines.some((line) => line.kind === kind));
  const legend = kinds.map((kind) =>
    h("span", { class: "key" }, svg("svg", { width: 34, height: 10, "aria-hidden": "true", class: "bipartite" }, svg("g", { class: `edge ${kind}` }, svg("path", { d: "M1 5H33", class: "ink" }))), KINDS[kind]),
  );
  return h("figure", {}, h("div", { class: "scroll" }, picture), h("figcaption", { class: "legend small muted" }, ...legend));
}
