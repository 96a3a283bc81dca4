// The strip above the editor: the project's files, and what can be done with them.

import { askText, confirmed, dialog } from "./dialog.js";
import { button, byId, h } from "./dom.js";
import { STANDARD, wrongName, type Project } from "./project.js";
import type { Session } from "./session.js";
import { TabList } from "./tablist.js";

export class FileStrip {
  readonly #project: Project;
  readonly #session: Session;
  readonly #tabs: TabList;
  readonly #rename: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;
  /** A module of the standard library that is open for reading. */
  #reading: string | undefined;

  constructor(project: Project, session: Session) {
    this.#project = project;
    this.#session = session;
    const list = h("div", { role: "tablist", "aria-label": "Files" });
    this.#tabs = new TabList(list, "file", (path) => project.open(path), (event, path) => this.#key(event, path));
    this.#rename = button("Rename", () => void this.rename(project.active), { class: "quiet", title: "Give the open file another name (F2)" });
    this.#remove = button("Delete", () => void this.remove(project.active), { class: "quiet", title: "Take the open file out (Delete)" });
    const add = button("+ File", () => void this.add(), { class: "quiet", title: "Add a file" });
    const library = button("Library", () => void this.library(), { class: "quiet", title: "Read the standard library" });
    byId("files").append(list, h("div", { class: "tools" }, add, this.#rename, this.#remove, library));
    project.arranged.listen(() => this.#show());
  }

  async add(): Promise<void> {
    const name = await askText("Add a file", "Name", this.#free(), (text) => this.#wrong(text));
    if (name !== undefined) this.#project.add(name);
  }

  async rename(path: string): Promise<void> {
    if (!this.#project.files.has(path)) return;
    const name = await askText("Rename the file", "Name", path, (text) => (text === path ? undefined : this.#wrong(text)));
    if (name !== undefined && name !== path) this.#project.rename(path, name);
  }

  async remove(path: string): Promise<void> {
    if (!this.#project.files.has(path)) return this.#close();
    if (await confirmed(`Delete ${path}?`, "Its text is gone then.", "Delete")) this.#project.remove(path);
  }

  async library(): Promise<void> {
    const all = await this.#session.ask("files", []);
    const modules = all.filter((file) => file.kind === "standard");
    const texts = await Promise.all(modules.map((file) => this.#session.ask("text", [file.path])));
    const items = modules.map(({ path }, i) => {
      const first = /^##\s*(.*)$/m.exec(texts[i] ?? "")?.[1] ?? "";
      const open = () => {
        shown.close();
        this.#project.open(path);
      };
      return h("li", {}, h("button", { type: "button", click: open }, path.replace(/\.warmor$/, "").replaceAll("/", "."), h("span", {}, first)));
    });
    const shown = dialog("Standard library", [h("p", { class: "muted" }, "Modules that every policy can import. They open for reading."), h("ul", { class: "gallery" }, ...items)]);
  }

  #show(): void {
    const { active } = this.#project;
    const standard = active.startsWith(STANDARD);
    if (standard) this.#reading = active;
    const own = [...this.#project.files.keys()].map((path) => ({ id: path, label: path, controls: "editor" }));
    const reading = this.#reading === undefined ? [] : [{ id: this.#reading, label: `${this.#reading} (read only)`, controls: "editor" }];
    this.#tabs.show([...own, ...reading], active);
    this.#rename.disabled = standard;
    this.#remove.textContent = standard ? "Close" : "Delete";
  }

  #close(): void {
    this.#reading = undefined;
    this.#project.open([...this.#project.files.keys()][0] ?? "");
  }

  #key(event: KeyboardEvent, path: string): void {
    if (event.key === "F2") void this.rename(path);
    else if (event.key === "Delete") void this.remove(path);
    else return;
    event.preventDefault();
  }

  #wrong(name: string): string | undefined {
    return wrongName(name) ?? (this.#project.files.has(name) ? `There is a file ${name} already.` : undefined);
  }

  #free(): string {
    for (let i = 2; ; i += 1) {
      const name = `policy${i}.warmor`;
      if (!this.#project.files.has(name)) return name;
    }
  }
}
