// What the pages of the documentation do beside being read: light or dark, a search, and being there without a network.

import { byId, h } from "../page/dom.js";
import { restoreTheme, themeButton } from "../page/theme.js";

type Page = readonly [title: string, place: string, headings: readonly (readonly [text: string, id: string])[]];

/** How many answers a search shows. */
const MOST = 12;

/** The folder of the documentation, from where this script came. */
const home = new URL(".", (document.currentScript as HTMLScriptElement).src);

interface Answer {
  readonly rank: number;
  readonly text: string;
  readonly within: string | undefined;
  readonly place: string;
}

/** Titles before headings, and what begins with the words before what has them inside. */
function answers(pages: readonly Page[], wanted: string): readonly Answer[] {
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const rank = (text: string, base: number) => {
    const lower = text.toLowerCase();
    if (!words.every((word) => lower.includes(word))) return undefined;
    return base + (lower.startsWith(words[0]!) ? 0 : 1);
  };
  const found: Answer[] = [];
  for (const [title, place, headings] of pages) {
    const own = rank(title, 0);
    if (own !== undefined) found.push({ rank: own, text: title, within: undefined, place });
    for (const [text, id] of headings) {
      const at = rank(text, 2);
      if (at !== undefined) found.push({ rank: at, text, within: title, place: `${place}#${id}` });
    }
  }
  return found.sort((a, b) => a.rank - b.rank).slice(0, MOST);
}

function search(place: HTMLElement): void {
  let pages: Promise<readonly Page[]> | undefined;
  const list = h("ul", { id: "found", hidden: true });
  const said = h("span", { role: "status", class: "sr" });
  const input = h("input", { type: "search", placeholder: "Search", "aria-label": "Search titles and headings", "aria-controls": "found", autocomplete: "off", input: () => void show() });
  async function show(): Promise<void> {
    pages ??= fetch(new URL("search.json", home)).then((response) => response.json() as Promise<readonly Page[]>);
    const wanted = input.value;
    let found: readonly Answer[];
    try {
      found = answers(await pages, wanted);
    } catch {
      pages = undefined;
      said.textContent = "The list of pages cannot be loaded.";
      return;
    }
    if (wanted !== input.value) return;
    list.replaceChildren(...found.map(({ text, within, place }) => h("li", {}, h("a", { href: new URL(place, home).href }, text, within !== undefined && h("span", {}, within)))));
    if (found.length === 0) list.append(h("li", { class: "none" }, "Nothing has these words in its title or in a heading."));
    list.hidden = wanted.trim() === "";
    said.textContent = list.hidden ? "" : `${found.length} found`;
  }
  const close = () => (list.hidden = true);
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close(), input.focus();
    const links = [...list.querySelectorAll("a")];
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || links.length === 0) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement as HTMLAnchorElement) + step;
    (links[next] ?? input).focus();
  });
  place.addEventListener("focusout", (event) => {
    if (!place.contains(event.relatedTarget as Node | null)) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || document.activeElement instanceof HTMLInputElement) return;
    event.preventDefault();
    input.focus();
  });
  place.append(input, list, said);
}

function copyButtons(): void {
  for (const sample of document.querySelectorAll(".sample")) {
    const code = sample.querySelector("code")!;
    const copy = h("button", { type: "button", class: "copy" }, "Copy");
    copy.addEventListener("click", () => {
      navigator.clipboard.writeText(code.textContent).then(
        () => (copy.textContent = "Copied"),
        () => getSelection()?.selectAllChildren(code),
      );
    });
    sample.append(copy);
  }
}

/** The service worker keeps what is read. What was loaded before there was one goes through it once more. */
async function offline(): Promise<void> {
  const isFirst = !navigator.serviceWorker.controller;
  await navigator.serviceWorker.register(new URL("../offline.js", home));
  await navigator.serviceWorker.ready;
  if (isFirst) {
    if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    const own = [location.href.replace(/#.*/s, ""), ...["docs.css", "docs.js", "search.json"].map((name) => new URL(name, home).href)];
    await Promise.all(own.map((address) => fetch(address)));
  }
  document.documentElement.dataset["offline"] = "ready";
}

// Before anything is drawn, so that nothing is drawn twice.
restoreTheme();

addEventListener("DOMContentLoaded", () => {
  byId("theme-place").append(themeButton());
  search(byId("search"));
  copyButtons();
  if ("serviceWorker" in navigator) void offline().catch(() => {});
});
