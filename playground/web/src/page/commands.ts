// The row of commands at the top, and what they open.

import { dialog } from "./dialog.js";
import { button, byId, h } from "./dom.js";
import { carried, home, text } from "./parts.js";
import { themeButton } from "./theme.js";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["F6", "to the next part of the page: source, results, commands"],
  ["Esc, then Tab", "out of the editor; Ctrl+M (Shift+Alt+M on a Mac) makes Tab always leave it"],
  ["Ctrl+Space", "what can be written here"],
  ["F8", "the next problem"],
  ["F12", "where a name is defined"],
  ["Shift+Alt+F", "lay the text out"],
  ["Ctrl+F", "search"],
  ["F2, Delete", "on a file's tab: rename it, delete it"],
  ["Arrow keys", "between tabs, and on the line between the panes"],
];

/** The address of what stands beside the page, also from a copy of it somewhere else. */
const beside = (name: string): string => (carried ? new URL(name, home).href : name);

async function licences(): Promise<void> {
  dialog("Licences", [h("pre", { class: "licences", tabindex: 0 }, await text("licences.txt"))]);
}

function help(): void {
  dialog("About this page", [
    h(
      "p",
      {},
      "The whole Warmor compiler runs in this page: it checks, proves and decides as you type. Nothing that you write is sent anywhere; " +
        "a shared link carries the text behind its #, which browsers keep to themselves. After the first visit the page works offline.",
    ),
    h("p", {}, h("a", { href: beside("docs/index.html") }, "The documentation"), " opens its samples here; ", h("a", { href: beside("tour.html") }, "a tour of the language"), " shows policies that you can change as you read. ", button("Licences", () => void licences(), { class: "place" }), " of what this page is built with."),
    h("h3", {}, "Keys"),
    h("dl", { class: "keys" }, ...KEYS.flatMap(([keys, what]) => [h("dt", {}, ...keys.split(", ").flatMap((key, i) => [i ? ", " : "", h("kbd", {}, key)])), h("dd", {}, what)])),
  ]);
}

export interface Commands {
  readonly examples: () => void;
  readonly share: () => void;
  readonly format: () => void;
  /** From a frame: what is there now, in a window of its own. */
  readonly openWhole: () => void;
}

export function commands(given: Commands, embedded: boolean): void {
  const nav = byId("commands");
  if (embedded) {
    nav.append(h("span", { class: "spring" }), button("Open in the playground", given.openWhole, { id: "open-whole" }));
    return;
  }
  nav.append(
    button("Examples", given.examples, { id: "examples" }),
    button("Format", given.format, { id: "format", title: "Lay the text out (Shift+Alt+F)" }),
    button("Share", given.share, { id: "share", title: "A link, a frame, a file" }),
    h("span", { class: "spring" }),
    h("a", { href: beside("docs/index.html"), id: "docs" }, "Docs"),
    themeButton(),
    button("Help", help, { class: "quiet", id: "help" }),
  );
}
