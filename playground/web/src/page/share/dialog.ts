// Sharing and exporting: a link, a frame for other pages, the project, the page itself, a report.

import { dialog } from "../dialog.js";
import { button, h } from "../dom.js";
import { carried, home } from "../parts.js";
import type { Workbench } from "../workbench.js";
import { exported } from "./document.js";
import { fragment } from "./link.js";
import { wholePage } from "./single.js";
import { choose } from "./storage.js";
import { save, zip } from "./zip.js";

/** Above this many characters, some programs cut an address off. */
const LONGEST_ADDRESS = 32_000;

function copied(label: string, value: string, rows: number): HTMLElement {
  const field = rows > 1 ? h("textarea", { rows, readonly: true, spellcheck: "false" }, value) : h("input", { type: "text", readonly: true, value });
  const said = h("span", { role: "status", class: "small muted" });
  const copy = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "Selected: copy it with the keyboard.";
    }
  };
  return h("div", {}, h("label", {}, label, field), h("div", { class: "row small" }, button("Copy", () => void copy()), said));
}

export async function shareDialog(bench: Workbench): Promise<void> {
  const { project } = bench;
  const packed = await fragment(project.snapshot);
  const link = `${home}#${packed}`;
  const frame = `<iframe src="${home}#embed/${packed}" title="Warmor policy" width="100%" height="480" loading="lazy"></iframe>`;
  const long = link.length > LONGEST_ADDRESS;
  if (!long) {
    if (!carried) history.replaceState(null, "", `#${packed}`);
    choose("shared", packed);
  }
  dialog("Share and export", [
    long
      ? h("p", { class: "wrong" }, "The project is too long for a link that arrives everywhere. Export it instead.")
      : h("div", { class: "content" }, copied("Link", link, 1), h("p", { class: "small muted" }, "The link holds the texts themselves, behind the #: no server keeps or sees them."), copied("Frame for another page", frame, 3)),
    h("h3", {}, "Export"),
    h("p", { class: "small muted" }, "The project with all files; this whole page with the project in it, which opens without a network; or a report without scripts: the texts, what was found and what the tests say."),
    h(
      "div",
      { class: "row" },
      button("Project (.zip)", () => save("warmor-project.zip", zip(Object.entries(project.snapshot.files)))),
      button("This page (.html)", () => void wholePage(project.snapshot).then((made) => save("warmor-playground.html", made), (error: unknown) => bench.note(`The page cannot be exported: ${error instanceof Error ? error.message : String(error)}.`))),
      button("Report (.html)", () => void exported(bench).then((made) => (made ? save("warmor-report.html", made) : bench.note("The text changed meanwhile: export it again.")))),
    ),
  ]);
}
