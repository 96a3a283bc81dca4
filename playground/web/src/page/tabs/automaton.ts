// An automaton, drawn: states in layers by how far they are from the start, what they lead to beside each other.

import type { AutomatonTarget, AutomatonValue } from "../../../generated/whole.js";
import { h, svg } from "../dom.js";

const ACROSS = 118;
const DOWN = 46;
const RADIUS = 14;
/** More states than anybody follows with the eye. */
const MOST = 80;

interface Spot {
  readonly x: number;
  readonly y: number;
}

export function automatonPicture(automaton: AutomatonValue, name: string): HTMLElement {
  const total = automaton.states.length;
  const layers = layered(automaton);
  const spots = new Map<number, Spot>();
  layers.forEach((layer, i) => layer.forEach((state, j) => spots.set(state, { x: 24 + i * ACROSS, y: 24 + j * DOWN })));
  const tallest = Math.max(1, ...layers.map((layer) => layer.length));
  const width = 48 + Math.max(0, layers.length - 1) * ACROSS + 30;
  const height = 48 + (tallest - 1) * DOWN + 14;

  const arrows = [...spots].flatMap(([state, from]) => {
    const to = new Map<number, string[]>();
    for (const edge of automaton.states[state]!.edges) {
      if (edge.to.kind !== "state" || edge.to.index === undefined || !spots.has(edge.to.index)) continue;
      to.set(edge.to.index, [...(to.get(edge.to.index) ?? []), edge.label]);
    }
    return [...to].map(([target, labels]) => arrow(from, spots.get(target)!, labels.join(" ")));
  });
  const circles = [...spots].map(([state, { x, y }]) => {
    const { class: accepted, edges } = automaton.states[state]!;
    const title = `state ${state}${accepted > 0 ? `, a text that ends here is of class ${accepted}` : ""}: ${edges.map((edge) => `${edge.label} → ${where(edge.to)}`).join(", ")}`;
    return svg(
      "g",
      { class: accepted > 0 ? "state accepts" : "state" },
      svg("title", {}, title),
      svg("circle", { cx: x, cy: y, r: RADIUS }),
      accepted > 0 && svg("circle", { cx: x, cy: y, r: RADIUS - 3 }),
      svg("text", { x, y: y + 4, "text-anchor": "middle" }, accepted > 0 ? `c${accepted}` : String(state)),
    );
  });
  const picture = svg("svg", { class: "automaton", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name}: an automaton of ${total} states` }, ...arrows, ...circles);
  const shown = spots.size < total || automaton.cut ? ` The first ${spots.size} of ${total}${automaton.cut ? " or more" : ""} states are drawn.` : "";
  const order = automaton.reversed ? "It reads a text from its end." : "It reads a text from its beginning.";
  return h(
    "figure",
    {},
    h("div", { class: "scroll" }, picture),
    h("figcaption", { class: "small muted" }, `${order} A double circle is a class (c1, c2, …) of texts that end there. Where no arrow leads, the class is settled.${shown}`),
    h("details", { class: "small" }, h("summary", {}, "As a list"), h("ul", { class: "code" }, ...[...spots.keys()].map((state) => h("li", {}, `${state}${automaton.states[state]!.class > 0 ? ` (c${automaton.states[state]!.class})` : ""}: ${automaton.states[state]!.edges.map((edge) => `${edge.label} → ${where(edge.to)}`).join(", ")}`)))),
  );
}

function where(target: AutomatonTarget): string {
  if (target.kind === "class") return `class ${target.class}`;
  return target.index === undefined ? "…" : String(target.index);
}

/** States by their distance from the start. */
function layered(automaton: AutomatonValue): number[][] {
  const { start, states } = automaton;
  if (start.kind !== "state" || start.index === undefined) return [];
  const layers: number[][] = [];
  const seen = new Set([start.index]);
  let layer = [start.index];
  while (layer.length > 0) {
    layers.push(layer);
    const next: number[] = [];
    for (const state of layer) {
      for (const { to } of states[state]!.edges) {
        if (to.kind !== "state" || to.index === undefined || seen.has(to.index) || seen.size >= MOST) continue;
        seen.add(to.index);
        next.push(to.index);
      }
    }
    layer = next;
  }
  return layers;
}

function arrow(from: Spot, to: Spot, label: string): SVGElement {
  const shown = label.length > 14 ? `${label.slice(0, 13)}…` : label;
  let path: string;
  let at: Spot;
  if (from === to) {
    path = `M${from.x - 6} ${from.y - RADIUS + 1} c-8 -16 20 -16 12 0`;
    at = { x: from.x, y: from.y - RADIUS - 8 };
  } else if (to.x > from.x) {
    path = `M${from.x + RADIUS} ${from.y} L${to.x - RADIUS - 3} ${to.y}`;
    at = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 4 };
  } else {
    const low = Math.max(from.y, to.y) + RADIUS + 12;
    path = `M${from.x} ${from.y + RADIUS} C${from.x} ${low} ${to.x} ${low} ${to.x} ${to.y + RADIUS + 3}`;
    at = { x: (from.x + to.x) / 2, y: low - 2 };
  }
  const angle = to.x > from.x ? Math.atan2(to.y - from.y, to.x - from.x - 2 * RADIUS) : 0;
  const tip = to.x > from.x ? `M${to.x - RADIUS} ${to.y} l${-7 * Math.cos(angle - 0.4)} ${-7 * Math.sin(angle - 0.4)} M${to.x - RADIUS} ${to.y} l${-7 * Math.cos(angle + 0.4)} ${-7 * Math.sin(angle + 0.4)}` : "";
  return svg("g", { class: "arrow" }, svg("title", {}, label), svg("path", { d: `${path} ${tip}` }), svg("text", { x: at.x, y: at.y, "text-anchor": "middle" }, shown));
}
