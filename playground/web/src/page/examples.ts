// The examples of the project's repository, in groups by task. They are in a file of their own, which is read when it is wanted.

import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { text } from "./parts.js";
import type { Snapshot } from "./project.js";

export interface Example {
  readonly name: string;
  readonly shows: string;
  readonly active: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Group {
  readonly title: string;
  readonly examples: readonly Example[];
}

let loaded: Promise<readonly Group[]> | undefined;

export function examples(): Promise<readonly Group[]> {
  loaded ??= text("examples.json").then((json) => JSON.parse(json) as readonly Group[]);
  // What failed is tried again.
  loaded.catch(() => (loaded = undefined));
  return loaded;
}

export async function example(name: string): Promise<Snapshot | undefined> {
  const found = (await examples()).flatMap((group) => group.examples).find((each) => each.name === name);
  return found && { files: found.files, active: found.active };
}

export async function gallery(open: (name: string) => void): Promise<void> {
  const groups = await examples();
  const sections = groups.map(({ title, examples }) =>
    h(
      "section",
      {},
      h("h3", {}, title),
      h(
        "ul",
        { class: "gallery" },
        ...examples.map(({ name, shows }) => {
          const choose = () => {
            shown.close();
            open(name);
          };
          return h("li", {}, h("button", { type: "button", click: choose, "data-example": name }, name, h("span", {}, shows)));
        }),
      ),
    ),
  );
  const shown = dialog("Examples", [h("p", { class: "muted" }, "Complete policies with tests. Opening one puts your files aside; you can bring them back."), ...sections]);
}
