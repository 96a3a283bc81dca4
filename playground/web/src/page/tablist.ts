// A list of tabs as ARIA describes it: one stop for Tab, arrows within.

import { h } from "./dom.js";

export interface TabItem {
  readonly id: string;
  readonly label: string;
  /** The element that it shows. */
  readonly controls?: string;
}

export class TabList {
  readonly #list: HTMLElement;
  readonly #choose: (id: string) => void;
  readonly #keys: (event: KeyboardEvent, id: string) => void;
  readonly #prefix: string;
  #items: readonly TabItem[] = [];
  #active = "";

  constructor(list: HTMLElement, prefix: string, choose: (id: string) => void, keys: (event: KeyboardEvent, id: string) => void = () => {}) {
    this.#list = list;
    this.#prefix = prefix;
    this.#choose = choose;
    this.#keys = keys;
    list.addEventListener("keydown", (event) => this.#pressed(event));
  }

  show(items: readonly TabItem[], active: string): void {
    const focused = this.#list.contains(document.activeElement);
    this.#items = items;
    this.#active = active;
    // Where no tab is active, Tab still has to find one.
    const stop = items.some((item) => item.id === active) ? active : items[0]?.id;
    const tabs = items.map((item) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: this.#id(item.id),
          "aria-selected": String(item.id === active),
          "aria-controls": item.controls,
          tabindex: item.id === stop ? 0 : -1,
          click: () => this.#choose(item.id),
        },
        item.label,
      ),
    );
    this.#list.replaceChildren(...tabs);
    const selected = this.tab(active);
    if (focused) selected?.focus();
    // Not scrollIntoView, which would scroll the page as well.
    if (selected) {
      const { offsetLeft, offsetWidth } = selected;
      const list = this.#list;
      const left = offsetLeft - list.offsetLeft;
      if (left < list.scrollLeft) list.scrollLeft = left;
      else if (left + offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = left + offsetWidth - list.clientWidth;
    }
  }

  tab(id: string): HTMLElement | undefined {
    return document.getElementById(this.#id(id)) ?? undefined;
  }

  #id(id: string): string {
    return `${this.#prefix}-${id}`;
  }

  #pressed(event: KeyboardEvent): void {
    const at = this.#items.findIndex((item) => item.id === this.#active);
    const { length } = this.#items;
    const to = { ArrowRight: (at + 1) % length, ArrowLeft: (at + length - 1) % length, Home: 0, End: length - 1 }[event.key];
    const item = to === undefined ? undefined : this.#items[to];
    if (!item) return this.#keys(event, this.#active);
    event.preventDefault();
    this.#choose(item.id);
    this.tab(item.id)?.focus();
  }
}
