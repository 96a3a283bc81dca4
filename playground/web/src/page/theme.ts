// Light or dark: as the system says, or as the reader does. The choice is for all pages of the site.

import { h } from "./dom.js";
import { choice, choose } from "./share/storage.js";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Puts the choice of an earlier visit to work, and gives it. */
export function restoreTheme(): Theme {
  const theme = THEMES.find((each) => each === choice("theme")) ?? "system";
  apply(theme);
  return theme;
}

export function themeButton(): HTMLButtonElement {
  let now = restoreTheme();
  const said = h("span", {}, now);
  const toggle = h("button", { type: "button", click: next, class: "quiet", id: "theme" }, h("span", { class: "word" }, "Theme: "), said);
  function next(): void {
    now = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]!;
    said.textContent = now;
    apply(now);
    choose("theme", now);
  }
  return toggle;
}
