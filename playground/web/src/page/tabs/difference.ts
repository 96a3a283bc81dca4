// Difference: what the policy does otherwise than another version of it, for all events.

import type { DifferenceGroup, DifferenceValue } from "../../../generated/whole.js";
import { button, counted, fillWith, h, type Child } from "../dom.js";
import { example, examples } from "../examples.js";
import { inline } from "../markdown.js";
import { FIRST_FILE, read } from "../share/link.js";
import { choice } from "../share/storage.js";
import type { Snapshot } from "../project.js";
import { empty, placeButton, type Tab, type Workbench } from "../workbench.js";

const PASTED = "pasted";

export interface DifferenceTab extends Tab {
  /** The files that were there when the page was opened, or that were shown last before others were opened. */
  opened(snapshot: Snapshot): void;
}

export function difference(bench: Workbench): DifferenceTab {
  let before: Snapshot | undefined;
  let asked = 0;
  const out = h("div", { class: "content" });
  const choose = h("select", { id: "compare-with", change: () => void run() });
  const pasted = h("textarea", { rows: 8, spellcheck: "false", "aria-label": "The older text, or a link to it", placeholder: "The older policy, or a link to it", input: () => void run() });
  const use = button("Take what is there now as the older version", () => {
    before = bench.project.snapshot;
    choose.value = "opened";
    void run();
  });
  const content = h("div", { class: "content" }, h("div", { class: "row" }, h("label", { for: "compare-with" }, "Older version:"), choose, use), pasted, out);

  async function fill(): Promise<void> {
    const value = choose.value;
    const options: HTMLElement[] = [h("option", { value: "opened" }, "the files as they were opened")];
    if (choice("shared") !== undefined) options.push(h("option", { value: "shared" }, "the link that was shared last"));
    options.push(h("option", { value: PASTED }, "a text or a link that I paste"));
    const groups = await examples().catch(() => []);
    const names = groups.flatMap((group) => group.examples).map(({ name }) => h("option", { value: `example/${name}` }, name));
    if (names.length > 0) options.push(h("optgroup", { label: "Examples" }, ...names));
    choose.replaceChildren(...options);
    if (value !== "") choose.value = value;
  }

  /** The older version, or why there is none. */
  async function older(): Promise<Snapshot | string> {
    const chosen = choose.value;
    if (chosen === "opened") return before ?? "Nothing was opened yet.";
    if (chosen === PASTED) {
      const text = pasted.value;
      if (text.trim() === "") return "Paste the older policy, or a link to it.";
      return /^\s*https?:\S+#\S+\s*$/.test(text) ? linked(text.trim().replace(/^[^#]*#/, "")) : { files: { [FIRST_FILE]: text }, active: FIRST_FILE };
    }
    return linked(chosen === "shared" ? (choice("shared") ?? "") : chosen);
  }

  async function linked(hash: string): Promise<Snapshot | string> {
    const { target } = await read(hash);
    if (target.kind === "files") return target.snapshot;
    if (target.kind === "example") return (await example(target.name).catch(() => undefined)) ?? `There is no example ${target.name}.`;
    return target.kind === "broken" ? `The link cannot be read: ${target.why}.` : "The link holds nothing.";
  }

  async function run(): Promise<void> {
    const own = (asked += 1);
    pasted.hidden = choose.value !== PASTED;
    out.setAttribute("aria-busy", "true");
    const old = await older();
    const compared = typeof old === "string" ? undefined : await bench.session.differenceNow(Object.entries(old.files));
    if (own !== asked) return;
    if (typeof old === "string") out.replaceChildren(empty("Nothing to compare with", old));
    else if (compared) fillWith(out, told(compared));
    else return;
    out.setAttribute("aria-busy", "false");
  }

  function told(found: DifferenceValue): Child[] {
    if (found.kind === "errors") return [empty(`The ${found.old ? "older" : "present"} version has mistakes`, "Only programs without mistakes mean something that can be compared.")];
    const { groups, settings, withoutEffect, open } = found;
    const summary = found.same ? h("div", { class: "verdict allow", role: "status" }, h("strong", {}, "= The same"), h("p", {}, "Both do the same with every event, which is proved.")) : h("p", { role: "status" }, h("strong", {}, found.summary));
    return [
      summary,
      ...groups.map(card),
      settings.length > 0 && h("section", {}, h("h3", {}, "Settings"), h("ul", {}, ...settings.map(({ what, how }) => h("li", {}, ...inline(what), ": ", ...inline(how))))),
      withoutEffect.length > 0 && h("details", {}, h("summary", {}, `${counted(withoutEffect.length, "edit")} without effect, which is proved`), h("ul", {}, ...withoutEffect.map((edit) => h("li", {}, ...inline(edit))))),
      open.length > 0 && h("section", {}, h("h3", {}, "Not known"), h("ul", {}, ...open.map((text) => h("li", {}, ...inline(text))))),
      !found.same && h("div", { class: "row small" }, button("Copy as Markdown", () => void navigator.clipboard.writeText(found.markdown).then(() => bench.note("Copied."), () => bench.note("This browser does not let the page copy.")))),
    ];
  }

  function card(group: DifferenceGroup): HTMLElement {
    return h(
      "article",
      { class: `card ${group.widened ? "warning" : "note"}` },
      h("header", {}, h("span", { class: `tag ${group.widened ? "warning" : "info"}` }, `${group.widened ? "▲" : "▼"} ${group.title}`), h("h3", {}, group.subject, ": ", h("code", {}, group.actions))),
      h(
        "dl",
        { class: "change small" },
        h("dt", {}, "was"),
        h("dd", {}, ...inline(group.before)),
        h("dt", {}, "now"),
        h("dd", {}, ...inline(group.after), ...(group.new ? [" ", placeButton(bench, group.new)] : [])),
      ),
      ...group.examples.map((each) => h("div", { class: "witness small" }, h("span", { class: "event" }, ...inline(each.text)), button("Decide", () => bench.tryEvent(each.json)))),
    );
  }

  return {
    id: "difference",
    label: "Difference",
    content,
    refresh: () => void fill().then(run),
    outdated: () => out.setAttribute("aria-busy", "true"),
    opened: (snapshot) => (before = snapshot),
  };
}
