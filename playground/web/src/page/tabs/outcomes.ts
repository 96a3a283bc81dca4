// What comes of events, as answers to questions about all of them say it.

import type { AnswerValue, FareWord, OutcomeValue } from "../../../generated/whole.js";
import { button, h } from "../dom.js";
import type { Workbench } from "../workbench.js";
import type { LineKind } from "./bipartite.js";
import { clauseName } from "./decision.js";

/** How somebody fares with an event: the line that is drawn for it, and a word. */
export const FARES: Readonly<Record<FareWord, readonly [kind: LineKind | undefined, word: string]>> = {
  always: ["all", "always"],
  never: [undefined, "never"],
  depends: ["conditional", "depends"],
  nothing: [undefined, "no such event"],
  open: ["unknown", "not known"],
};
const OUTCOMES = { denied: "denied", reported: "allowed, and reported", allowed: "allowed", ungoverned: "allowed, not governed" } as const;
const TAGS = { denied: "deny", reported: "warning", allowed: "allow", ungoverned: "" } as const;

export function fareTag({ fare }: AnswerValue): HTMLElement {
  return h("span", { class: `tag ${fare === "never" ? "deny" : fare === "always" ? "allow" : "warning"}` }, FARES[fare][1]);
}

export function outcomes(bench: Workbench, list: readonly OutcomeValue[]): HTMLElement {
  return h(
    "ul",
    { class: "outcomes small" },
    ...list.map((each) =>
      h(
        "li",
        {},
        h("span", { class: `tag ${TAGS[each.outcome]}` }, OUTCOMES[each.outcome]),
        ...(each.clause ? [" by ", clauseName(bench, each.clause)] : []),
        ...(each.when.length > 0 ? [" when ", h("code", {}, each.when.join(" and "))] : []),
        each.onlyUnreadable && h("span", { class: "muted" }, ", only where something cannot be read"),
        " ",
        button("Decide an example", () => bench.tryEvent(each.example.json), { class: "small", title: each.example.text.replaceAll("`", "") }),
      ),
    ),
  );
}
