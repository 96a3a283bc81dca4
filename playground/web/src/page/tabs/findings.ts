// Findings: mistakes, and what proof brought to light, with the event that shows it and what can be done.

import type { DiagnosticValue, Finding } from "../../../generated/whole.js";
import { button, counted, h, type Child } from "../dom.js";
import { inline } from "../markdown.js";
import { carried } from "../parts.js";
import { MANIFEST, textOf } from "../project.js";
import { isObstacle } from "../session.js";
import { applyButton, codeLink, empty, placeButton, position, type Tab, type Workbench } from "../workbench.js";

/** More cards than anybody reads make the page slow. */
const MOST = 200;

export function findings(bench: Workbench): Tab {
  const { session } = bench;
  const summary = h("p", { class: "muted", role: "status" });
  const list = h("div", { class: "content" });
  const opinion = h("span", { role: "status", class: "muted" });
  const ask = button("Cross-check with Z3", () => void crossCheck(), { class: "small", title: "Loads the solver Z3 (35 MB) into this page, and puts every proof before it" });
  // The solver is no part of a page in one file.
  const second = h("div", { class: "row small" }, ...(carried ? [] : [ask, opinion]));
  const content = h("div", { class: "content" }, summary, second, list);

  async function crossCheck(): Promise<void> {
    ask.disabled = true;
    opinion.replaceChildren("Z3 is loading and thinking …");
    const said = await session.secondOpinion();
    ask.disabled = false;
    if (typeof said === "string") return opinion.replaceChildren(said);
    const { solver, result, milliseconds } = said;
    if (!result) return opinion.replaceChildren("A program with mistakes cannot be cross-checked.");
    const { agreed, shown, unknown, different } = result;
    opinion.replaceChildren(
      h("strong", { class: different.length > 0 ? "wrong" : undefined }, different.length > 0 ? `✕ ${solver} sees ${counted(different.length, "answer")} otherwise` : `✓ ${solver} agrees with ${counted(agreed, "answer")}`),
      `, in ${Math.round(milliseconds)} ms; ${counted(shown, "finding")} shown by an event alone.`,
      ...[...different, ...unknown].flatMap((line) => [h("br"), line]),
    );
  }

  const all = () => session.lastChecked?.diagnostics ?? [];

  function refresh(): void {
    const checked = session.lastChecked;
    if (!checked || !session.isCurrent(checked.version)) return;
    list.setAttribute("aria-busy", "false");
    const proved = session.lastFound?.version === checked.version ? session.lastFound.findings : undefined;
    const errors = checked.diagnostics.filter(isObstacle).length;
    second.hidden = errors > 0;
    summary.textContent = told(errors, proved, session.lastFound?.milliseconds);
    const cards = [...checked.diagnostics].sort((a, b) => weight(b) - weight(a)).slice(0, MOST).map((each) => card(each, match(each, proved?.list ?? []), checked.version));
    if (cards.length === 0 && proved) {
      list.replaceChildren(empty("Nothing to find", "No conflict, no dead or redundant rule, no open posture, and every assertion holds: proved for all events."));
    } else {
      const rest = checked.diagnostics.length - cards.length;
      list.replaceChildren(...cards, ...(rest > 0 ? [h("p", { class: "muted" }, `and ${counted(rest, "more", "more")}`)] : []));
    }
  }

  function card(each: DiagnosticValue, finding: Finding | undefined, version: number): HTMLElement {
    const { witness } = finding ?? {};
    const because = finding?.because ?? [];
    const own = (label: { range: { file: string; from: number } }) => label.range.file === each.range.file && label.range.from === each.range.from;
    const labels = each.labels.filter((label) => !own(label));
    const said = each.labels.find((label) => own(label) && label.text !== "")?.text;
    const lightAll = () => bench.editor.light([each.range, ...because]);
    return h(
      "article",
      { class: `card ${each.level}`, mouseenter: lightAll, mouseleave: () => bench.editor.light([]) },
      h(
        "header",
        {},
        h("span", { class: `tag ${each.level}` }, each.level),
        h("h3", {}, ...inline(each.message)),
        codeLink(each),
      ),
      h("p", { class: "at" }, placeButton(bench, each.range), ...(said === undefined ? [] : [": ", ...inline(said)]), each.proved && h("span", { class: "muted" }, " · proved by the exact engine")),
      labels.length > 0 &&
        h("ul", { class: "places small" }, ...labels.map((label) => h("li", {}, placeButton(bench, label.range), ...(label.text === "" ? [] : [": ", ...inline(label.text)])))),
      because.length > 0 &&
        h("div", { class: "small" }, h("span", { class: "muted" }, "because of "), ...separated(because.map((range) => placeButton(bench, range, sourceOf(range))))),
      ...each.notes.map((note) => h("p", { class: "small muted" }, ...inline(note))),
      each.help !== undefined && h("p", { class: "small" }, ...inline(each.help)),
      witness &&
        h(
          "div",
          { class: "witness small" },
          h("span", { class: `tag ${witness.denied ? "deny" : "allow"}` }, `${witness.denied ? "✕ denied" : "✓ allowed"}${witness.reported ? ", reported" : ""}`),
          h("span", { class: "event" }, ...inline(witness.text)),
          button("Decide", () => bench.tryEvent(witness.event), { title: "Show what each rule says of this event" }),
          witness.test !== undefined && button("Add as test", () => addTest(witness.test!)),
        ),
      each.fixes.length > 0 && h("div", { class: "row" }, ...each.fixes.map((fix) => applyButton(bench, fix.title, [fix.edit], version))),
    );
  }

  function sourceOf(range: { file: string; from: number; to: number }): Child {
    const text = bench.project.text(range.file)?.sliceString(range.from, range.to).replace(/\s+/g, " ");
    return text === undefined ? position(bench, range) : h("code", {}, text.length > 60 ? `${text.slice(0, 59)}…` : text);
  }

  function addTest(test: string): void {
    const { project } = bench;
    const file = project.files.has(project.active) && project.active !== MANIFEST ? project.active : [...project.files.keys()].find((path) => path !== MANIFEST);
    if (file === undefined) return;
    const before = project.text(file)!.toString();
    const text = `${before.replace(/\n*$/, "\n\n")}${test.replace(/\n*$/, "\n")}`;
    project.write(file, textOf(text));
    project.open(file);
    void bench.editor.reveal({ file, from: text.length - test.length, to: text.length });
    bench.note("The test is at the end of the file.");
  }

  return {
    id: "findings",
    label: "Findings",
    content,
    refresh,
    outdated() {
      list.setAttribute("aria-busy", "true");
      opinion.replaceChildren();
    },
    badge() {
      const errors = all().filter((each) => each.level === "error").length;
      if (errors > 0) return { count: errors, kind: "error" };
      const warnings = all().filter((each) => each.level === "warning").length;
      return warnings > 0 ? { count: warnings, kind: "warning" } : undefined;
    },
  };
}

/** Mistakes first, then what was proved, then the rest; each by place, as they come. */
function weight(each: DiagnosticValue): number {
  return each.level === "error" ? 2 : each.proved ? 1 : 0;
}

function separated(parts: readonly Child[]): Child[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [", ", part]));
}

function told(errors: number, proved: { proof: string; undecided: number; list: readonly unknown[] } | undefined, milliseconds = 0): string {
  if (errors > 0) return `${counted(errors, "mistake")}: a program with mistakes has no meaning yet, so nothing is proved of it.`;
  if (!proved) return "Proving …";
  const took = `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  const open = proved.undecided > 0 ? ` ${counted(proved.undecided, "question")} not settled within the budget.` : "";
  const found = proved.list.length > 0 ? counted(proved.list.length, "finding") : "No conflict, no rule without effect, and every assertion holds";
  return `${found}: proved for all events by the exact engine in ${took}.${open}`;
}

/** The finding that a diagnostic tells of. */
function match(each: DiagnosticValue, list: readonly Finding[]): Finding | undefined {
  return list.find(({ diagnostic: { code, range, message } }) => code === each.code && range.file === each.range.file && range.from === each.range.from && message === each.message);
}
