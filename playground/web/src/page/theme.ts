// Light or dark: as the system says, or as the reader does. The choice is for all pages of the site.

import { button } from "./dom.js";
import { choice, choose } from "./share/storage.js";

const THEMES = ["system", "light", "dark"] as const;
const WORDS = { system: "Theme: system", light: "Theme: light", dark: "Theme: dark" } as const;
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
  const toggle = button(WORDS[now], next, { class: "quiet", id: "theme" });
  function next(): void {
    now = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]!;
    toggle.textContent = WORDS[now];
    apply(now);
    choose("theme", now);
  }
  return toggle;
}
