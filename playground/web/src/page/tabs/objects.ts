// Who may do what with which files: a row for each subject, a column for each set of files that the program speaks of.

import type { AnswerValue } from "../../../generated/whole.js";
import { fillWith, h, type Child } from "../dom.js";
import { MANIFEST, stringOf } from "../project.js";
import { empty, type Workbench } from "../workbench.js";
import { bipartite, type Line, type LineKind } from "./bipartite.js";
import { fareTag, FARES, outcomes } from "./outcomes.js";

/** More columns than fit beside each other. Those that the program names go before those that it only writes out. */
const MOST = 12;
/** Each is a question to the prover: so many are asked at most. */
const MOST_QUESTIONS = 24;

interface Column {
  readonly name: string;
  readonly answers: readonly AnswerValue[];
}

/** What the program calls files, in the order in which it does: its own constants, those of others, then paths in policies. */
async function candidates(bench: Workbench): Promise<readonly string[] | undefined> {
  const { project, session } = bench;
  const own = new Set<string>();
  const names = new Set<string>();
  const paths = new Set<string>();
  const constant = session.tokenClasses.indexOf("variable");
  const path = session.tokenClasses.indexOf("regexp");
  for (const [file, content] of project.files) {
    if (file === MANIFEST) continue;
    const tokens = await session.askNow("tokens", [file]);
    const outline = await session.askNow("outline", [file]);
    if (!tokens || !outline) return undefined;
    const text = stringOf(content);
    for (const { kind, name } of outline) if (kind === "let") own.add(name);
    const policies = outline.filter((entry) => entry.kind === "policy").map((entry) => entry.whole);
    for (let at = 0; at < tokens.length; at += 4) {
      const from = tokens[at]!;
      const word = text.slice(from, tokens[at + 1]);
      if (tokens[at + 2] === constant) names.add(word);
      else if (tokens[at + 2] === path && policies.some((whole) => whole.from <= from && from < whole.to)) paths.add(word);
    }
  }
  return [...new Set([...own, ...names, ...paths])];
}

/** The drawing and the table; `undefined` if the texts changed meanwhile. */
export async function objects(bench: Workbench, action: string): Promise<readonly Child[] | undefined> {
  const found = await candidates(bench);
  if (!found) return undefined;
  const columns: Column[] = [];
  for (const name of found.slice(0, MOST_QUESTIONS)) {
    const asked = await bench.session.askNow("whoCan", [`${action} ${name}`, false]);
    if (!asked) return undefined;
    if (asked.kind === "errors") return [empty("The program has mistakes", "Nothing can be drawn until they are mended: see Findings.")];
    // A name can be one of networks, or of words.
    if (asked.kind === "answered") columns.push({ name, answers: asked.answers });
    if (columns.length === MOST) break;
  }
  if (columns.length === 0) return [empty("No files to draw", "The program speaks of no files. “Who can …” answers for any event.")];
  return drawn(bench, action, columns, found.length > MOST_QUESTIONS || (columns.length === MOST && found.length > MOST));
}

/** What is drawn for an answer; that nobody spoke of it is something else than that it is allowed. */
function kindOf(answer: AnswerValue): LineKind | undefined {
  const isOpen = answer.fare === "always" && answer.outcomes.every((each) => each.outcome === "ungoverned");
  return isOpen ? "open" : FARES[answer.fare][0];
}

function drawn(bench: Workbench, action: string, columns: readonly Column[], isCut: boolean): readonly Child[] {
  const rows = columns[0]!.answers.map((answer) => answer.who);
  const answer = (row: number, column: number) => columns[column]!.answers[row]!;
  const detail = h("div", { class: "content", role: "status" });
  const show = (row: number, column: number) => {
    const it = answer(row, column);
    fillWith(detail, [h("div", { class: "card note" }, h("header", {}, h("h3", {}, `${it.who}: ${action} ${columns[column]!.name}`), fareTag(it)), outcomes(bench, it.outcomes))]);
    detail.scrollIntoView({ block: "nearest" });
  };
  const cells: (readonly [row: number, column: number])[] = [];
  const lines: Line[] = [];
  rows.forEach((who, row) =>
    columns.forEach(({ name }, column) => {
      const it = answer(row, column);
      const kind = kindOf(it);
      if (!kind) return;
      cells.push([row, column]);
      lines.push({ from: row, to: column, kind, label: `${who} ${action} ${name}: ${kind === "open" ? "open" : FARES[it.fare][1]}` });
    }),
  );
  const head = columns.map(({ name }) => h("th", { scope: "col" }, h("code", {}, name)));
  const body = rows.map((who, row) =>
    h("tr", {}, h("th", { scope: "row" }, who), ...columns.map((_, column) => h("td", {}, h("button", { type: "button", class: "place", click: () => show(row, column) }, kindOf(answer(row, column)) === "open" ? "open" : FARES[answer(row, column).fare][1])))),
  );
  return [
    bipartite(rows, columns.map(({ name }) => name), lines, `Who can ${action} what: a line for everything that is not always denied`, (line) => show(...cells[line]!)),
    detail,
    h("p", { class: "muted" }, "The same as a table, with what is denied. “open”: nothing is said of it."),
    h("div", { class: "scroll" }, h("table", { class: "grid matrix" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${action} …`), ...head)), h("tbody", {}, ...body))),
    isCut && h("p", { class: "small muted" }, `The first ${columns.length} sets of files are shown. “Who can …” answers for any other.`),
  ];
}
