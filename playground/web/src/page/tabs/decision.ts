// A decision, told: the verdict, what settled it, every clause that spoke with its part in it, and every other with what it lacks.

import type { AppliedClause, ClauseValue, DecidedEvent, DecisionValue, MissedClause, StandingWord } from "../../../generated/whole.js";
import { counted, h, type Child } from "../dom.js";
import { inline } from "../markdown.js";
import { placeButton, position, type Workbench } from "../workbench.js";

const STANDING: Readonly<Record<StandingWord, readonly [word: string, why: string]>> = {
  decides: ["decides", "this clause settled it"],
  outranked: ["outranked", "says the same as the deciding clause, which is more severe or stands before it"],
  overruled: ["overruled", "a deny goes before an allow, an allow before a posture"],
  inert: ["only reports", "its policy is in mode detect"],
  muted: ["muted", "its policy is muted"],
  records: ["records", "asks for a record or a response; no verdict depends on it"],
};

const LACKS = { action: "is about other actions", scope: "is for other processes", object: "covers other objects", except: "excepts this object", where: "has a condition that does not hold" } as const;

const KIND = { deny: "deny", allow: "allow", audit: "audit", posture: "default deny", detection: "detection" } as const;

export function verdictTag(decision: DecisionValue): HTMLElement {
  const denied = decision.enforced === "deny";
  const reported = !denied && decision.reported === "deny";
  return h("span", { class: `tag ${denied ? "deny" : reported ? "warning" : "allow"}` }, denied ? "✕ denied" : reported ? "! allowed, reported" : "✓ allowed");
}

function reason(decision: DecisionValue): string {
  if (decision.enforced === "allow" && decision.reported === "deny") return "A policy in mode detect would deny it: it happens, and is reported.";
  switch (decision.reason) {
    case "unmentioned":
      return "No rule covers it and no posture closes its action.";
    case "denied":
      return "A rule denies it.";
    case "allowed":
      return "A rule allows it, and none denies it.";
    case "posture":
      return "A default deny closes the action, and no rule opens it.";
  }
}

export function clauseName(bench: Workbench, clause: ClauseValue): HTMLElement {
  return placeButton(bench, clause.range, h("code", {}, clause.name), `${clause.name}, at ${position(bench, clause.range)}`);
}

export function verdict(bench: Workbench, decision: DecisionValue): HTMLElement {
  const denied = decision.enforced === "deny";
  const reported = !denied && decision.reported === "deny";
  const { clause } = decision;
  return h(
    "div",
    { class: `verdict ${denied ? "deny" : reported ? "warning" : "allow"}`, role: "status" },
    h("strong", {}, denied ? "✕ Denied" : reported ? "! Allowed, and reported" : "✓ Allowed"),
    h(
      "div",
      {},
      h("p", {}, reason(decision), ...(clause ? [" ", clauseName(bench, clause), ` · ${clause.severity}`] : [])),
      clause?.because !== undefined && h("p", { class: "muted" }, `“${clause.because}”`),
      decision.responses.length > 0 && h("p", { class: "small" }, `Then: ${decision.responses.join(", ")}`),
      decision.audit && h("p", { class: "small" }, "It is recorded."),
      decision.detected && h("p", { class: "small" }, "A detection speaks."),
    ),
  );
}

function clauseCell(bench: Workbench, clause: ClauseValue): Child[] {
  return [h("td", {}, clauseName(bench, clause)), h("td", {}, KIND[clause.kind], clause.mode === "detect" && h("span", { class: "muted" }, " (detect)"))];
}

function spoke(bench: Workbench, list: readonly AppliedClause[]): HTMLElement {
  if (list.length === 0) return h("p", { class: "muted" }, "No clause speaks of it.");
  const rows = list.map((each) => {
    const [word, why] = STANDING[each.standing];
    return h(
      "tr",
      { class: each.standing === "decides" ? "decides" : undefined },
      ...clauseCell(bench, each.clause),
      h("td", {}, h("span", { title: why }, each.standing === "decides" ? h("strong", {}, word) : word), each.unknown && h("span", { class: "muted" }, ", because something is unknown")),
      h("td", { class: "muted" }, each.clause.severity),
    );
  });
  return h("table", { class: "grid" }, h("caption", {}, `${counted(list.length, "clause")} spoke`), head("Clause", "Says", "Part", "Severity"), h("tbody", {}, ...rows));
}

function head(...names: readonly string[]): HTMLElement {
  return h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
}

/** More rows than anybody reads. */
const MOST = 150;

function missed(bench: Workbench, list: readonly MissedClause[]): HTMLElement | undefined {
  if (list.length === 0) return undefined;
  // What almost spoke is of more interest than what is about something else.
  const order = { where: 0, except: 1, object: 2, scope: 3, action: 4 } as const;
  const sorted = [...list].sort((a, b) => order[a.part] - order[b.part]);
  const rows = sorted.slice(0, MOST).map((each) =>
    h(
      "tr",
      {},
      ...clauseCell(bench, each.clause),
      h(
        "td",
        {},
        LACKS[each.part],
        each.unknown && " (as far as is known)",
        ...each.causes.slice(0, 4).flatMap((cause): Child[] => [h("br"), placeButton(bench, cause.range, h("code", {}, shortened(cause.text)))]),
      ),
    ),
  );
  return h(
    "details",
    {},
    h("summary", {}, `${counted(list.length, "clause")} missed, and why`),
    h("table", { class: "grid" }, head("Clause", "Says", "Misses because it"), h("tbody", {}, ...rows)),
    list.length > MOST && h("p", { class: "muted" }, `and ${counted(list.length - MOST, "more", "more")}`),
  );
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** What every clause says of an event. */
export function trace(bench: Workbench, event: DecidedEvent, several: boolean): HTMLElement {
  return h(
    "section",
    { class: "content" },
    several && h("h3", {}, ...inline(event.text), " ", verdictTag(event.decision)),
    spoke(bench, event.applied),
    missed(bench, event.missed),
  );
}
