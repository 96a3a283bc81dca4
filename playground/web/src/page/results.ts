// The tabs with what comes out. Only the one that is open works.

import { byId, h } from "./dom.js";
import type { Session } from "./session.js";
import { choice, choose } from "./share/storage.js";
import { TabList } from "./tablist.js";
import type { Tab } from "./workbench.js";

export class Results {
  readonly #tabs: readonly Tab[];
  readonly #list: TabList;
  readonly #panels = new Map<string, HTMLElement>();
  readonly #remember: boolean;
  #active: string;

  /** `remember`: whether the tab that is open is that of the next visit. */
  constructor(session: Session, tabs: readonly Tab[], remember: boolean) {
    this.#remember = remember;
    this.#tabs = tabs;
    this.#active = tabs[0]!.id;
    this.#list = new TabList(byId("tabs"), "tab", (id) => this.open(id));
    for (const tab of tabs) {
      const panel = h("div", { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}`, tabindex: 0 }, tab.content);
      this.#panels.set(tab.id, panel);
      byId("panels").append(panel);
    }
    session.checked.listen(() => this.#refresh());
    session.proved.listen(() => this.#refresh());
    session.outdated.listen(() => this.#tab()?.outdated?.());
    const before = remember ? choice("tab") : undefined;
    this.open(before !== undefined && this.#panels.has(before) ? before : this.#active);
  }

  get active(): string {
    return this.#active;
  }

  has(id: string): boolean {
    return this.#panels.has(id);
  }

  open(id: string): void {
    this.#active = id;
    if (this.#remember) choose("tab", id);
    this.#show();
    this.#tab()?.refresh();
  }

  focus(): void {
    this.#list.tab(this.#active)?.focus();
  }

  #tab(): Tab | undefined {
    return this.#tabs.find((tab) => tab.id === this.#active);
  }

  #refresh(): void {
    this.#show();
    this.#tab()?.refresh();
  }

  #show(): void {
    const items = this.#tabs.map((tab) => ({ id: tab.id, label: tab.label, controls: `panel-${tab.id}` }));
    this.#list.show(items, this.#active);
    for (const tab of this.#tabs) {
      this.#panels.get(tab.id)!.hidden = tab.id !== this.#active;
      const badge = tab.badge?.();
      if (!badge) continue;
      const what = badge.kind === "error" ? "mistakes" : "warnings";
      this.#list.tab(tab.id)?.append(h("span", { class: `badge ${badge.kind}` }, String(badge.count), h("span", { class: "sr" }, ` ${what}`)));
    }
  }
}
