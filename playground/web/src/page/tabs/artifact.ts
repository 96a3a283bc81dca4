// Artifact: what the program is compiled to. A rule that is pointed at lights up what it became, and the other way round.

import type { Compiled, Range, TableNode } from "../../../generated/whole.js";
import { button, counted, fillWith, h, type Child } from "../dom.js";
import type { Place } from "../editor/editor.js";
import { inline } from "../markdown.js";
import { save } from "../share/zip.js";
import { codeLink, empty, placeButton, type Tab, type Workbench } from "../workbench.js";
import { automatonPicture } from "./automaton.js";
import { clauseName } from "./decision.js";

type Made = Extract<Compiled, { kind: "made" }>;

/** More rows than anybody reads; the text of the tables has all of them. */
const MOST_ROWS = 400;

/** More letters than a page shows well; what is saved has all of them. */
const MOST_LETTERS = 60_000;

export function artifact(bench: Workbench): Tab {
  const { session } = bench;
  const out = h("div", { class: "content" });
  let made: Made | undefined;
  let madeOf = -1;
  let asked = 0;

  async function run(): Promise<void> {
    if (made && session.isCurrent(madeOf)) return out.setAttribute("aria-busy", "false");
    const own = (asked += 1);
    out.setAttribute("aria-busy", "true");
    if (out.childElementCount === 0) out.replaceChildren(h("p", { class: "muted" }, "Compiling and proving what comes out …"));
    const compiled = await session.askNow("compile", []);
    if (own !== asked || !compiled) return;
    made = compiled.kind === "made" ? compiled : undefined;
    madeOf = session.version;
    fillWith(out, told(compiled));
    out.setAttribute("aria-busy", "false");
  }

  function told(compiled: Compiled): Child[] {
    switch (compiled.kind) {
      case "errors":
        return [empty("The program has mistakes", "There is nothing to compile until they are mended: see Findings.")];
      case "defect":
        return [h("div", { class: "card error" }, h("p", {}, `The compiler has a defect: ${compiled.message}`))];
      case "refused":
        return [h("div", { class: "card error" }, h("header", {}, h("h3", {}, ...inline(compiled.diagnostic.message)), codeLink(compiled.diagnostic)), h("p", {}, placeButton(bench, compiled.diagnostic.range)), compiled.diagnostic.help !== undefined && h("p", {}, ...inline(compiled.diagnostic.help)))];
      case "made":
        return shown(compiled);
    }
  }

  function shown(it: Made): Child[] {
    const figures: readonly (readonly [string, string])[] = [
      ["Artifact", size(it.bytes)],
      ["Kernel tables", size(it.tableBytes)],
      ["Clauses", String(it.clauses.length)],
      ["Walks at worst", counted(it.diagrams, "diagram")],
      ["Steps at worst", counted(it.automatonSteps, "byte")],
    ];
    return [
      h("div", { class: "row" }, h("dl", { class: "figures" }, ...figures.flatMap(([name, value]) => [h("div", {}, h("dt", {}, name), h("dd", {}, value))])), button("Download .wasm", () => void download(), { class: "primary" })),
      h("p", { class: "small muted" }, "Proved: the bytes mean what the texts mean. Not signed: warmorc signs."),
      clauses(it),
      nodes(it),
      h("div", { id: "automaton-place" }),
      asText(),
      h("details", {}, h("summary", {}, "All tables as text"), h("pre", { class: "scroll tables", tabindex: 0 }, it.text)),
    ];
  }

  /** The module as text, which is made when somebody wants to see it. */
  function asText(): HTMLElement {
    const place = h("div", { class: "content", "aria-live": "polite" });
    async function open(): Promise<void> {
      if (!details.open || place.childElementCount > 0) return;
      place.replaceChildren(h("p", { class: "muted" }, "Printing the module …"));
      const text = await session.askNow("wat", []);
      if (text === undefined) return place.replaceChildren();
      const rest = text.length - MOST_LETTERS;
      place.replaceChildren(
        h("div", { class: "row" }, button("Download .wat", () => save("policy.wat", new Blob([text], { type: "text/plain" })), { class: "small" }), rest > 0 && h("span", { class: "muted small" }, `What is shown here is without the last ${rest.toLocaleString("en")} characters.`)),
        h("pre", { class: "scroll tables", tabindex: 0 }, text.slice(0, MOST_LETTERS)),
      );
    }
    const details: HTMLDetailsElement = h("details", { id: "wat", toggle: () => void open() }, h("summary", {}, "The module as text (WAT)"), place);
    return details;
  }

  async function download(): Promise<void> {
    const bytes = await session.askNow("artifact", []);
    if (bytes) save("policy.wasm", new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/wasm" }));
  }

  const leavesOf = (it: Made) => {
    const count = new Map<number, number>();
    for (const node of it.nodes) if (node.kind === "leaf") for (const rank of node.clauses) count.set(rank, (count.get(rank) ?? 0) + 1);
    return count;
  };

  function clauses(it: Made): HTMLElement {
    const leaves = leavesOf(it);
    const rows = it.clauses.slice(0, MOST_ROWS).map(({ rank, clause, tier }) =>
      h(
        "tr",
        { "data-ranks": ` ${rank} `, "data-rank": rank, mouseenter: () => lightRule(rank), mouseleave: dark },
        h("td", { class: "number" }, String(rank)),
        h("td", {}, focusing(clauseName(bench, clause), () => lightRule(rank))),
        h("td", {}, clause.kind === "posture" ? "default deny" : clause.kind),
        h("td", {}, tier ?? ""),
        h("td", { class: "number" }, String(leaves.get(rank) ?? 0)),
      ),
    );
    const head = ["Rank", "Clause", "Says", "Tier", "Rows"].map((name) => h("th", { scope: "col", class: name === "Rank" || name === "Rows" ? "number" : undefined }, name));
    return h("section", {}, h("h3", {}, "Clauses by rank"), h("div", { class: "scroll" }, h("table", { class: "grid" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))), rest(it.clauses.length));
  }

  function nodes(it: Made): HTMLElement {
    const rows = [...it.nodes].reverse().slice(0, MOST_ROWS).map((node) =>
      h(
        "tr",
        { "data-ranks": ` ${node.clauses.join(" ")} `, mouseenter: () => lightSources(node), mouseleave: dark },
        h("td", { class: "number" }, String(node.at)),
        h("td", {}, tests(node)),
        h("td", {}, h("code", {}, node.children.slice(0, 8).map(({ label, at }) => `${label} → ${at}`).join(", "), node.children.length > 8 ? " …" : "")),
        h("td", {}, node.clauses.length > 12 ? counted(node.clauses.length, "clause") : node.clauses.join(" ")),
      ),
    );
    const head = ["At", "Row", "Leads to", "Clauses"].map((name) => h("th", { scope: "col", class: name === "At" ? "number" : undefined }, name));
    return h("section", {}, h("h3", {}, "Rows of the tables"), h("div", { class: "scroll" }, h("table", { class: "grid" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))), rest(it.nodes.length));
  }

  function tests(node: TableNode): HTMLElement {
    if (node.kind !== "test" && node.kind !== "hits") return h("span", {}, node.kind);
    const words = `${node.fact ?? ""} by ${node.classifier ?? ""}`;
    const { automaton } = node;
    if (automaton === undefined) return h("span", {}, words);
    return focusing(h("button", { type: "button", class: "place", click: () => void draw(automaton, words) }, words, " (draw)"), () => lightSources(node));
  }

  async function draw(at: number, name: string): Promise<void> {
    const automaton = await session.askNow("automaton", [at]);
    const place = content.querySelector("#automaton-place");
    if (!automaton || !place) return;
    place.replaceChildren(h("section", {}, h("h3", {}, name), automatonPicture(automaton, name)));
    place.scrollIntoView({ block: "nearest" });
  }

  function focusing<E extends HTMLElement>(element: E, light: () => void): E {
    element.addEventListener("focus", light);
    return element;
  }

  /** Lights up, in the source, the rules with these ranks. */
  function lightSource(ranks: readonly number[]): void {
    const found = ranks.slice(0, 40).flatMap((rank) => made?.clauses.find((each) => each.rank === rank)?.clause ?? []);
    bench.editor.light(found.map((clause) => clause.usedAt ?? clause.range));
  }

  /** A row of the tables: the rules that it is about, here and in the source. */
  function lightSources({ clauses }: TableNode): void {
    lightSource(clauses);
    for (const row of out.querySelectorAll("tr[data-rank]")) row.classList.toggle("lit", clauses.includes(Number(row.getAttribute("data-rank"))));
  }

  /** A rule: what it became, and where it is written. */
  function lightRule(rank: number): void {
    lightSource([rank]);
    lightRanks([rank]);
  }

  function dark(): void {
    bench.editor.light([]);
    lightRanks([]);
  }

  function lightRanks(ranks: readonly number[]): void {
    for (const row of out.querySelectorAll("tr[data-ranks]")) {
      const of = row.getAttribute("data-ranks") ?? "";
      row.classList.toggle("lit", ranks.some((rank) => of.includes(` ${rank} `)));
    }
  }

  /** The rules at a place in the source, by rank. */
  function ranksAt({ file, from }: Place): readonly number[] {
    const at = (range: Range | undefined) => range && range.file === file && range.from <= from && from <= range.to;
    return (made?.clauses ?? []).filter(({ clause }) => at(clause.range) || at(clause.usedAt)).map((each) => each.rank);
  }

  // Where the cursor is in the source, or the pointer, there is the rule of which the rows are lit.
  let cursor: Place | undefined;
  function lightAt(place: Place | undefined): void {
    if (!made || !session.isCurrent(madeOf) || !content.isConnected || content.closest("[hidden]")) return;
    lightRanks(place ? ranksAt(place) : []);
  }
  bench.editor.moved.listen((place) => lightAt((cursor = place)));
  bench.editor.pointed.listen((place) => lightAt(place ?? cursor));

  const content = h("div", { class: "content" }, out);
  return { id: "artifact", label: "Artifact", content, refresh: () => void run(), outdated: () => out.setAttribute("aria-busy", "true") };
}

function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes.toLocaleString("en")} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}

function rest(all: number): HTMLElement | undefined {
  return all > MOST_ROWS ? h("p", { class: "muted small" }, `and ${all - MOST_ROWS} more, in the text below`) : undefined;
}
