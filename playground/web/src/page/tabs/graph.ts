// Graph: who reaches whom over the network, who reads what, and who can do a thing, for all events. A drawing, and the same as a table.

import type { AmountWord, AnswerValue, Asked, ReachCell, ReachMatrix, ReachValue } from "../../../generated/whole.js";
import { fillWith, h, type Child } from "../dom.js";
import { inline } from "../markdown.js";
import { empty, type Tab, type Workbench } from "../workbench.js";
import { bipartite, type Line, type LineKind } from "./bipartite.js";
import { objects } from "./objects.js";
import { fareTag, FARES, outcomes } from "./outcomes.js";

/** More lines than anybody can tell apart; the table has them all. */
const MOST_LINES = 240;

const AMOUNTS: Readonly<Record<AmountWord, LineKind | undefined>> = { nothing: undefined, some: "some", conditional: "conditional", all: "all", ungoverned: "open", unknown: "unknown" };
/** What is asked of files. */
const DEEDS = ["read", "write", "exec"] as const;

type View = "network" | "files" | "who";
const VIEWS: Readonly<Record<View, string>> = { network: "Who reaches whom", files: "Who reads what", who: "Who can …" };

export function graph(bench: Workbench): Tab {
  const { session } = bench;
  let view: View = "network";
  let action: string | undefined;
  let asked = 0;
  const out = h("div", { class: "content" });
  const question = h("input", { type: "text", class: "code grow", value: "read /etc/shadow", spellcheck: "false", autocomplete: "off", "aria-label": "An event, as in a rule", input: () => void run() });
  const ask = h("div", { class: "row" }, h("span", {}, "Who can"), question, h("span", {}, "?"));
  const views = h(
    "div",
    { class: "segments", role: "group", "aria-label": "What is drawn" },
    ...(Object.keys(VIEWS) as View[]).map((each) => h("button", { type: "button", "aria-pressed": String(each === view), "data-view": each, click: () => choose(each) }, VIEWS[each])),
  );
  let deed: (typeof DEEDS)[number] = "read";
  const deeds = h(
    "div",
    { class: "row small", role: "group", "aria-label": "Action" },
    ...DEEDS.map((each) => h("button", { type: "button", "aria-pressed": String(each === deed), class: "chip", "data-deed": each, click: () => ((deed = each), choose("files")) }, each)),
  );
  const content = h("div", { class: "content" }, views, ask, deeds, out);
  ask.hidden = true;
  deeds.hidden = true;

  function choose(next: View): void {
    view = next;
    for (const each of views.children) each.setAttribute("aria-pressed", String(each.getAttribute("data-view") === view));
    for (const each of deeds.children) each.setAttribute("aria-pressed", String(each.getAttribute("data-deed") === deed));
    ask.hidden = view !== "who";
    deeds.hidden = view !== "files";
    void run();
  }

  async function run(): Promise<void> {
    const own = (asked += 1);
    out.setAttribute("aria-busy", "true");
    const made = view === "network" ? await network() : view === "files" ? await objects(bench, deed) : await who();
    if (own !== asked || !made) return;
    fillWith(out, made);
    out.setAttribute("aria-busy", "false");
  }

  async function network(): Promise<readonly Child[] | undefined> {
    const reach = await session.askNow("reach", [[], false]);
    return reach && drawn(reach);
  }

  function drawn(reach: ReachValue): readonly Child[] {
    if (reach.errors) return [mistakes()];
    const matrix = reach.matrices.find((each) => each.action === action) ?? reach.matrices[0];
    if (!matrix || reach.rows.length === 0) return [empty("Nobody to draw", "The program has no subjects.")];
    const actions = h(
      "div",
      { class: "row small", role: "group", "aria-label": "Action" },
      ...reach.matrices.map((each) =>
        h("button", { type: "button", "aria-pressed": String(each === matrix), class: "chip", click: () => ((action = each.action), fillWith(out, drawn(reach))) }, each.title.replace(" …", "")),
      ),
    );
    const detail = h("div", { class: "content", role: "status" });
    const cells: { row: number; column: number }[] = [];
    const lines: Line[] = [];
    matrix.cells.forEach((row, i) =>
      row.forEach((cell, j) => {
        const kind = AMOUNTS[cell.amount];
        if (!kind) return;
        cells.push({ row: i, column: j });
        lines.push({ from: i, to: j, kind, label: `${reach.rows[i]} ${matrix.action} ${matrix.columns[j]!.name}: ${cell.lines.join(", ")}` });
      }),
    );
    const show = (row: number, column: number) => {
      fillWith(detail, cellDetail(reach.rows[row]!, matrix, column, matrix.cells[row]![column]!));
      detail.scrollIntoView({ block: "nearest" });
    };
    const picture =
      lines.length > MOST_LINES
        ? h("p", { class: "muted" }, `${lines.length} lines are too many to draw; the table below has all of them.`)
        : bipartite(reach.rows, matrix.columns.map((column) => column.name), lines, `${matrix.title}: a line for everything that is allowed`, (line) => show(cells[line]!.row, cells[line]!.column));
    const legend = h("p", { class: "muted" }, "The same as a table. ", h("code", {}, "-"), " is denied, ", h("code", {}, "open"), " allowed because nothing is said of it; what a cell does not name is denied.");
    return [reach.matrices.length > 1 && actions, picture, detail, legend, table(reach, matrix, show), ...notes(matrix, reach)];
  }

  function table(reach: ReachValue, matrix: ReachMatrix, show: (row: number, column: number) => void): HTMLElement {
    const head = matrix.columns.map((column) => h("th", { scope: "col", title: column.networks.join(", ") }, column.name));
    const rows = matrix.cells.map((cells, i) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, reach.rows[i]!),
        ...cells.map((cell, j) => h("td", { class: cell.amount }, cell.flows.length > 0 ? h("button", { type: "button", class: "place", click: () => show(i, j) }, ...broken(cell.lines)) : h("span", { class: "muted" }, ...broken(cell.lines)))),
      ),
    );
    return h("div", { class: "scroll" }, h("table", { class: "grid matrix" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, matrix.title), ...head)), h("tbody", {}, ...rows)));
  }

  function cellDetail(row: string, matrix: ReachMatrix, column: number, cell: ReachCell): Child[] {
    const flows = cell.flows.map((flow) => {
      const what = [flow.protocols, flow.ports].filter((part) => part !== "").join(" ");
      const where = flow.networks.length > 0 ? ` at ${flow.networks.slice(0, 6).join(", ")}${flow.networks.length > 6 ? " …" : ""}` : "";
      const but = flow.networks.length === 0 && flow.except.length > 0 ? ` except ${flow.except.slice(0, 6).join(", ")}` : "";
      return h("section", { class: "content" }, h("p", {}, h("strong", {}, what), where, but, flow.conditional && h("span", { class: "muted" }, " under conditions")), outcomes(bench, flow.outcomes));
    });
    return [h("div", { class: "card note" }, h("header", {}, h("h3", {}, `${row}: ${matrix.action} ${matrix.columns[column]!.name}`)), ...flows)];
  }

  async function who(): Promise<readonly Child[] | undefined> {
    const event = question.value.trim();
    if (event === "") return [empty("Nothing asked", "Write an event as in a rule: read /etc/shadow, connect tcp to 10.0.0.0/8 port 443")];
    const answer: Asked | undefined = await session.askNow("whoCan", [event, false]);
    if (!answer) return undefined;
    if (answer.kind === "errors") return [mistakes()];
    if (answer.kind === "wrong") return [h("div", { class: "card warning", role: "status" }, ...answer.diagnostics.map((each) => h("p", {}, ...inline(each.message), each.help !== undefined && h("span", { class: "muted" }, " ", ...inline(each.help)))))];
    const lines = answer.answers.flatMap((each, i): Line[] => {
      const [kind, word] = FARES[each.fare];
      return kind ? [{ from: i, to: 0, kind, label: `${each.who}: ${word}` }] : [];
    });
    const rows = answer.answers.map((each: AnswerValue) =>
      h("tr", {}, h("th", { scope: "row" }, each.who), h("td", {}, fareTag(each)), h("td", {}, outcomes(bench, each.outcomes))),
    );
    const picture = bipartite(answer.answers.map((each) => each.who), [event], lines, `Who can ${event}`, (line) => content.querySelectorAll<HTMLElement>(".answers tbody tr")[lines[line]!.from]?.querySelector("button")?.focus());
    return [
      picture,
      h("div", { class: "scroll" }, h("table", { class: "grid answers" }, h("caption", {}, "Every outcome that there is; that there is no other is proved by the exact engine."), h("thead", {}, h("tr", {}, ...["Who", "Can", "Outcomes"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows))),
      answer.assumptions.length > 0 && h("p", { class: "small muted" }, "The answer rests on what the program assumes."),
    ];
  }

  return { id: "graph", label: "Graph", content, refresh: () => void run(), outdated: () => out.setAttribute("aria-busy", "true") };
}

function broken(lines: readonly string[]): Child[] {
  return lines.flatMap((line, i): Child[] => (i === 0 ? [line] : [h("br"), line]));
}

function notes(matrix: ReachMatrix, reach: ReachValue): Child[] {
  return [
    matrix.notes.length > 0 && h("ol", { class: "small notes" }, ...matrix.notes.map((note) => h("li", {}, ...inline(note.replace(/^\[\d+\] /, ""))))),
    ...reach.remarks.map((remark) => h("p", { class: "small muted" }, ...inline(remark))),
  ];
}

function mistakes(): HTMLElement {
  return empty("The program has mistakes", "Nothing can be drawn until they are mended: see Findings.");
}
