// A form for one operation. What it makes is a line in the words of `warmorc eval`, so a line can be carried away and pasted.

import type { ActionWord, FactWord, Vocabulary } from "../../../generated/whole.js";
import { button, h, Signal } from "../dom.js";

/** Quoted if it has to be. */
function word(text: string): string {
  return /^[^\s"'\\]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function assignment(name: string, value: string): string {
  return `${name}=${value.replaceAll(",", "\\,")}`;
}

/** Facts of which the object says already what they are. */
const OF_OBJECT = ["path", "role", "protocol", "address", "port", "capability", "syscall", "signal"];
const WITHOUT_PREFIX = /^process\./;

export class OperationForm {
  readonly element: HTMLElement;
  readonly changed = new Signal();
  readonly #vocabulary: Vocabulary;
  readonly #action: HTMLSelectElement;
  readonly #object = h("div", { class: "fields" });
  readonly #exe = h("input", { type: "text", value: "/usr/sbin/nginx", spellcheck: "false", autocomplete: "off" });
  readonly #facts = h("div", { class: "facts" });
  #used = false;
  #fields: Record<string, HTMLInputElement | HTMLSelectElement> = {};

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    const groups = new Map<string, HTMLElement>();
    this.#action = h("select", { change: () => this.#choose() });
    for (const action of vocabulary.actions) {
      let group = groups.get(action.group);
      if (!group) groups.set(action.group, (group = h("optgroup", { label: action.group })));
      group.append(h("option", { value: action.name }, action.name));
    }
    this.#action.append(...groups.values());
    const field = (label: string, input: HTMLElement, grow = false) => h("label", { class: grow ? "grow" : undefined }, label, input);
    this.element = h(
      "div",
      { class: "operation" },
      h("div", { class: "fields" }, field("Process", this.#exe, true), button("+ Fact", () => this.#addFact(), { title: "Another fact of the process, its parent or the event" })),
      this.#facts,
      h("div", { class: "fields" }, field("Action", this.#action), this.#object),
    );
    this.element.addEventListener("input", () => {
      this.#used = true;
      this.changed.emit();
    });
    this.#action.value = "read";
    this.#choose();
  }

  /** Fills the form with an event (JSON), as far as it has fields for it, unless somebody has used it. */
  suggest(event: string): void {
    if (this.#used) return;
    const { action, process, ...facts } = JSON.parse(event) as Record<string, unknown> & { action: string; process?: { exe?: unknown } };
    this.#action.value = action;
    this.#choose();
    if (typeof process?.exe === "string") this.#exe.value = process.exe;
    for (const [name, field] of Object.entries(this.#fields)) {
      const value = facts[name === "name" ? action : name];
      if (typeof value === "string" || typeof value === "number") field.value = String(value);
    }
    this.changed.emit();
  }

  /** The operation as a line. */
  get line(): string {
    const options = new Map<string, string[]>();
    const add = (option: string, fact: string) => options.set(option, [...(options.get(option) ?? []), fact]);
    const exe = this.#exe.value.trim();
    if (exe !== "") add("--as", assignment("exe", exe));
    for (const row of this.#facts.children) {
      const [whose, name, value] = [...row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("select, input")].map((f) => f.value.trim());
      if (whose && name && value) add(whose, assignment(name.replace(WITHOUT_PREFIX, ""), value));
    }
    const given = [...options].map(([option, facts]) => `${option} ${word(facts.join(","))}`);
    return [...given, ...this.#words()].join(" ");
  }

  get #info(): ActionWord {
    const { actions } = this.#vocabulary;
    return actions.find((action) => action.name === this.#action.value) ?? actions[0]!;
  }

  #words(): string[] {
    const { name, object, preposition } = this.#info;
    const value = (field: string) => this.#fields[field]?.value.trim() ?? "";
    const words = [name];
    if (object === "endpoint") {
      if (value("protocol") !== "") words.push(value("protocol"));
      if (value("address") !== "") words.push(preposition ?? "to", word(value("address")));
      if (value("port") !== "") words.push("port", value("port"));
    } else {
      for (const field of ["path", "name"]) if (value(field) !== "") words.push(word(value(field)));
      if (value("to") !== "") words.push("to", word(value("to")));
      if (value("role") !== "") words.unshift("--with", `role=${value("role")}`);
    }
    return words;
  }

  #choose(): void {
    const { name, object, roles, doc } = this.#info;
    this.#action.title = doc;
    const before = Object.fromEntries(Object.entries(this.#fields).map(([field, input]) => [field, input.value]));
    this.#fields = {};
    const input = (field: string, label: string, value: string, grow = true) => {
      const element = h("input", { type: "text", value: before[field] ?? value, spellcheck: "false", autocomplete: "off" });
      this.#fields[field] = element;
      return h("label", { class: grow ? "grow" : "short" }, label, element);
    };
    const select = (field: string, label: string, words: readonly string[], none: string) => {
      const element = h("select", {}, ...(none === "" ? [] : [h("option", { value: "" }, none)]), ...words.map((w) => h("option", { value: w }, w)));
      this.#fields[field] = element;
      if (before[field] !== undefined && words.includes(before[field])) element.value = before[field];
      return h("label", {}, label, element);
    };
    const wordsOf = (fact: string) => this.#vocabulary.eventFacts.find((f) => f.name === fact)?.words ?? [];
    const parts: HTMLElement[] = [];
    const pair = name === "rename" || name === "link";
    if (object === "path" || object === "pathOrNone") parts.push(input("path", pair ? "From" : "Path", "/etc/shadow"));
    if (pair) parts.push(input("to", "To", "/etc/motd"));
    else if (roles.length > 0) parts.push(select("role", "Role", roles, ""));
    if (object === "endpoint") {
      const protocol = select("protocol", "Protocol", wordsOf("protocol"), "any");
      parts.push(protocol, input("address", "Address", "10.0.0.1"), input("port", "Port", "443", false));
      if (before["protocol"] === undefined) this.#fields["protocol"]!.value = "tcp";
    }
    if (object === "names") parts.push(select("name", name, wordsOf(name), ""));
    if (name === "signal") parts.push(select("name", "Signal", wordsOf("signal"), ""));
    this.#object.replaceChildren(...parts);
    this.changed.emit();
  }

  #addFact(): void {
    const { processFacts, eventFacts } = this.#vocabulary;
    const list = h("datalist", { id: `facts-${this.#facts.children.length}-${Date.now()}` });
    const whose = h(
      "select",
      { "aria-label": "Whose fact" },
      h("option", { value: "--as" }, "process"),
      h("option", { value: "--parent" }, "parent"),
      h("option", { value: "--ancestor" }, "ancestor"),
      h("option", { value: "--target-process" }, "target"),
      h("option", { value: "--with" }, "event"),
    );
    const fill = () => {
      const facts: readonly FactWord[] = whose.value === "--with" ? eventFacts.filter((f) => !OF_OBJECT.includes(f.name)) : processFacts;
      list.replaceChildren(...facts.map((f) => h("option", { value: f.name.replace(WITHOUT_PREFIX, "") }, f.doc)));
    };
    whose.addEventListener("change", fill);
    fill();
    const row = h(
      "div",
      { class: "fields" },
      whose,
      h("input", { type: "text", list: list.id, "aria-label": "Fact", placeholder: "uid", spellcheck: "false" }),
      list,
      h("input", { type: "text", "aria-label": "Value", placeholder: "33, or ? for unknown", spellcheck: "false", class: "grow" }),
      button("Remove", () => (row.remove(), this.changed.emit()), { class: "small" }),
    );
    this.#facts.append(row);
    whose.focus();
  }
}
