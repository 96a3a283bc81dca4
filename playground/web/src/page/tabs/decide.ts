// Decide: what happens to an operation, by form or in words; scripts of several; all tests.

import type { Decided, TestsValue } from "../../../generated/whole.js";
import { button, counted, fillWith, h, type Child } from "../dom.js";
import { inline } from "../markdown.js";
import { empty, placeButton, type Tab, type Workbench } from "../workbench.js";
import { clauseName, trace, verdict, verdictTag } from "./decision.js";
import { OperationForm } from "./operation.js";

const WAYS = ["form", "script", "tests"] as const;
type Way = (typeof WAYS)[number];
const LABELS = { form: "One operation", script: "Script", tests: "Tests" } as const;

const SCRIPT = `# A line each, as for warmorc eval. Processes can have names.
process web = exe=/usr/sbin/nginx,uid=33
--as web read /var/www/index.html
--as web exec /bin/sh
--as web connect tcp to 10.0.0.1 port 443
--as web rename /var/log/nginx/a.log to /etc/cron.d/a
`;

export interface DecideTab extends Tab {
  /** Decides an event that came from elsewhere on the page, as JSON or in words. */
  tryEvent(operation: string): void;
}

export function decide(bench: Workbench): DecideTab {
  const { session } = bench;
  let way: Way = "form";
  let form: OperationForm | undefined;
  let asked = 0;
  /** The file that was open when the form was last filled. */
  let suggestedFor: string | undefined;
  const line = h("input", { type: "text", class: "code", spellcheck: "false", autocomplete: "off", "aria-label": "Operation in words or as JSON", input: () => void run() });
  const script = h("textarea", { rows: 8, spellcheck: "false", "aria-label": "Script of operations", input: () => void run() }, SCRIPT);
  const muted = h("div", { class: "row small" });
  const out = h("div", { class: "content out" });
  const formPlace = h("div");
  /** What is asked came from elsewhere: then the form, which says something else, is out of the way. */
  let brought = false;
  const back = button("Decide what the form says", () => ((line.value = form?.line ?? ""), (brought = false), void run()), { class: "small", hidden: true });
  const ways = h(
    "div",
    { class: "segments", role: "group", "aria-label": "What is decided" },
    ...WAYS.map((each) => h("button", { type: "button", "aria-pressed": String(each === way), click: () => choose(each), "data-way": each }, LABELS[each])),
  );
  const inputs = {
    form: h("div", { class: "content" }, formPlace, h("label", { class: "stack" }, h("span", { class: "muted small" }, "In words, or as JSON"), line), back),
    script: h("div", { class: "content" }, script),
    tests: h("div"),
  };
  const content = h("div", { class: "content" }, ways, ...WAYS.map((each) => inputs[each]), muted, out);

  function choose(next: Way): void {
    way = next;
    for (const each of ways.children) each.setAttribute("aria-pressed", String(each.getAttribute("data-way") === way));
    for (const each of WAYS) inputs[each].hidden = each !== way;
    muted.hidden = way === "tests" || muted.children.length === 0;
    void run();
  }

  async function prepare(): Promise<void> {
    if (form) return;
    const vocabulary = await session.ask("vocabulary", []);
    if (form) return;
    form = new OperationForm(vocabulary);
    form.changed.listen(() => {
      line.value = form?.line ?? "";
      void run();
    });
    formPlace.replaceChildren(form.element);
    if (line.value === "") line.value = form.line;
  }

  /** What the program's author asked first is the best thing to begin with, as long as nobody has asked anything else. */
  async function suggest(): Promise<void> {
    if (!form || line.value !== form.line || suggestedFor === bench.project.active) return;
    const { active } = bench.project;
    const tests = await session.askNow("tests", []);
    const all = tests?.tests.flatMap((test) => test.expectations) ?? [];
    const first = all.find((each) => each.deny) ?? all[0];
    const events = first === undefined ? [] : (JSON.parse(first.events) as unknown[]);
    if (!form || line.value !== form.line || events.length !== 1) return;
    suggestedFor = active;
    form.suggest(JSON.stringify(events[0]));
  }

  const mutedNames = () => [...muted.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);

  /** Shows what an answer makes, unless a newer question was asked or the texts have changed. */
  async function answer(make: () => Promise<readonly Child[] | undefined>): Promise<void> {
    const own = (asked += 1);
    const made = await make();
    if (own !== asked || !made) return;
    fillWith(out, made);
    out.setAttribute("aria-busy", "false");
  }

  async function run(): Promise<void> {
    await prepare();
    // A form that says something else than what is decided would mislead.
    const aside = line.value.trim() !== form?.line;
    formPlace.classList.toggle("aside", aside);
    formPlace.hidden = aside && brought;
    back.textContent = formPlace.hidden ? "Use the form" : "Decide what the form says";
    back.hidden = !aside;
    if (way === "form") {
      const operation = line.value.trim();
      if (operation === "") return answer(async () => [empty("Nothing asked", "Fill in the form, or write an operation: read /etc/shadow")]);
      return answer(async () => {
        const decided = await session.askNow("decide", [operation, mutedNames()]);
        return decided && told(bench, decided);
      });
    }
    if (way === "script") {
      const text = script.value;
      return answer(async () => {
        const lines = await session.askNow("decideScript", [text, mutedNames()]);
        return lines && [scriptTable(lines, text)];
      });
    }
    return answer(async () => {
      const tests = await session.askNow("tests", []);
      return tests && matrix(bench, tests, tryEvent);
    });
  }

  function scriptTable(lines: readonly { from: number; to: number; outcome: Decided }[], text: string): HTMLElement {
    if (lines.some(({ outcome }) => outcome.kind === "errors")) return errors();
    if (lines.length === 0) return empty("No operation", "A line such as: --as exe=/usr/sbin/nginx read /etc/shadow");
    const rows = lines.map(({ from, to, outcome }) => {
      const words = text.slice(from, to).trim();
      const shown = outcome.kind === "decided" ? button("Trace", () => tryEvent(`[${outcome.events.map((e) => e.event).join(",")}]`), { class: "small", "aria-label": `Trace of ${words}` }) : undefined;
      const said: Child[] = outcome.kind === "decided" ? [outcome.decision.clause ? clauseName(bench, outcome.decision.clause) : h("span", { class: "muted" }, "unmentioned")] : outcome.kind === "wrong" ? [h("span", { class: "wrong" }, outcome.message)] : [];
      return h("tr", {}, h("td", {}, h("code", {}, words)), h("td", {}, outcome.kind === "decided" ? verdictTag(outcome.decision) : h("span", { class: "tag warning" }, "no operation")), h("td", {}, ...said), h("td", {}, shown));
    });
    const names = ["Operation", "Verdict", "By", ""].map((name) => h("th", { scope: "col" }, name === "" ? h("span", { class: "sr" }, "Trace") : name));
    return h("div", { class: "scroll" }, h("table", { class: "grid" }, h("thead", {}, h("tr", {}, ...names)), h("tbody", {}, ...rows)));
  }

  /** Policies that an operator could mute. */
  async function policies(): Promise<void> {
    const names: string[] = [];
    for (const path of bench.project.files.keys()) {
      const outline = await session.askNow("outline", [path]);
      if (!outline) return;
      names.push(...outline.filter((entry) => entry.kind === "policy").map((entry) => entry.name));
    }
    const checked = new Set(mutedNames());
    const boxes = names.slice(0, 24).map((name) => h("label", { class: "check" }, h("input", { type: "checkbox", value: name, checked: checked.has(name), change: () => void run() }), name));
    muted.replaceChildren(...(boxes.length > 0 ? [h("span", { class: "muted" }, "Muted:"), ...boxes] : []));
    muted.hidden = way === "tests" || boxes.length === 0;
  }

  function tryEvent(operation: string): void {
    line.value = operation;
    brought = true;
    bench.show("decide");
    choose("form");
    content.scrollIntoView({ block: "start" });
  }

  for (const each of WAYS) inputs[each].hidden = each !== way;
  return {
    id: "decide",
    label: "Decide",
    content,
    tryEvent,
    refresh: () => {
      void policies();
      void run().then(suggest);
    },
    outdated: () => out.setAttribute("aria-busy", "true"),
  };
}

function errors(): HTMLElement {
  return empty("The program has mistakes", "Nothing can be decided until they are mended: see Findings.");
}

function told(bench: Workbench, decided: Decided): readonly Child[] {
  if (decided.kind === "errors") return [errors()];
  if (decided.kind === "wrong") {
    return [h("div", { class: "card warning", role: "status" }, h("p", {}, ...inline(decided.message)), decided.help !== undefined && h("p", { class: "muted" }, ...inline(decided.help)))];
  }
  const { decision, events } = decided;
  return [verdict(bench, decision), ...events.map((event) => trace(bench, event, events.length > 1))];
}

/** All tests: a row for each expectation, and what of the policies no test is about. */
function matrix(bench: Workbench, tests: TestsValue, tryEvent: (operation: string) => void): readonly Child[] {
  if (tests.errors) return [errors()];
  if (tests.tests.length === 0) return [empty("No tests", "Write test \"…\" { as { … } expect deny … } beside your policies, or add a witness as a test in Findings.")];
  const failed = tests.tests.filter((test) => !test.passed).length;
  const count = tests.tests.reduce((sum, test) => sum + test.expectations.length, 0);
  const bodies = tests.tests.map((test) =>
    h(
      "tbody",
      {},
      h("tr", { class: "group" }, h("th", { colspan: 4, scope: "rowgroup" }, h("span", { class: `tag ${test.passed ? "allow" : "deny"}` }, test.passed ? "✓ passed" : "✕ failed"), " ", placeButton(bench, test.range, test.name))),
      ...test.expectations.map((each) =>
        h(
          "tr",
          { class: each.met ? undefined : "failed" },
          h("td", {}, placeButton(bench, each.range, h("code", {}, each.text)), each.message !== undefined && h("p", { class: "wrong small" }, each.message), ...each.details.map((detail) => h("p", { class: "small muted" }, detail))),
          h("td", {}, each.met ? "✓ met" : h("strong", { class: "wrong" }, "✕ not met")),
          h("td", {}, each.decision.clause ? clauseName(bench, each.decision.clause) : h("span", { class: "muted" }, "unmentioned")),
          h("td", {}, button("Trace", () => tryEvent(each.events), { class: "small", "aria-label": `Trace of ${each.text}` })),
        ),
      ),
    ),
  );
  const untested = tests.coverage.filter((each) => !each.applied);
  return [
    h("p", { role: "status" }, failed > 0 ? h("strong", { class: "wrong" }, `${counted(failed, "test")} of ${tests.tests.length} failed`) : `All ${counted(tests.tests.length, "test")} passed`, `, ${counted(count, "expectation")}.`),
    h("div", { class: "scroll" }, h("table", { class: "grid tests" }, h("thead", {}, h("tr", {}, ...["Expectation", "Outcome", "Decided by"].map((name) => h("th", { scope: "col" }, name)), h("td"))), ...bodies)),
    h(
      "details",
      {},
      h("summary", {}, `${tests.coverage.length - untested.length} of ${counted(tests.coverage.length, "clause")} applied in some test`),
      h("p", { class: "row small" }, ...(untested.length > 0 ? [h("span", { class: "muted" }, "Not yet: "), ...untested.map((each) => clauseName(bench, each.clause))] : ["None is left out."])),
    ),
  ];
}
