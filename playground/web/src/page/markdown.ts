// The little Markdown that the compiler writes in hovers and completions, as elements.

import { h, type Child } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|(?<!\w)_([^_]+)_(?!\w)|\[([^\]]+)\]\(([^)\s]+)\)|\\([\\`*_{}[\]()#+\-.!<>|])/g;

/** What may stand within a line: code, emphasis, links. */
export function inline(text: string): Child[] {
  const parts: Child[] = [];
  let done = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(done, match.index));
    const [whole, code, strong, emphasis, slanted, label, address, escaped] = match;
    if (code !== undefined) parts.push(h("code", {}, code));
    else if (strong !== undefined) parts.push(h("strong", {}, ...inline(strong)));
    else if (emphasis ?? slanted) parts.push(h("em", {}, ...inline((emphasis ?? slanted)!)));
    else if (label !== undefined) parts.push(link(label, address ?? ""));
    else parts.push(escaped ?? whole);
    done = match.index + whole.length;
  }
  parts.push(text.slice(done));
  return parts;
}

function link(label: string, address: string): Child {
  if (!/^https:\/\//.test(address)) return h("span", {}, ...inline(label));
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...inline(label));
}

const CELLS = (line: string) =>
  line
    .replace(/^\s*\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

export function markdown(text: string): HTMLElement {
  const out = h("div", { class: "markdown" });
  const lines = text.split("\n");
  let paragraph: string[] = [];
  let list: HTMLElement | undefined;
  const flush = () => {
    if (paragraph.length > 0) out.append(h("p", {}, ...inline(paragraph.join(" "))));
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    const item = /^\s*[-*] (.*)$/.exec(line);
    if (!item) list = undefined;
    if (line.startsWith("```")) {
      flush();
      const end = lines.findIndex((other, i) => i > at && other.startsWith("```"));
      const until = end < 0 ? lines.length : end;
      out.append(h("pre", {}, h("code", {}, lines.slice(at + 1, until).join("\n"))));
      at = until;
    } else if (/^\s*\|.*\|\s*$/.test(line) && /^[\s|:-]+$/.test(lines[at + 1] ?? "")) {
      flush();
      const table = h("table", {}, h("thead", {}, h("tr", {}, ...CELLS(line).map((c) => h("th", {}, ...inline(c))))));
      const body = h("tbody");
      for (at += 2; /^\s*\|/.test(lines[at] ?? ""); at += 1) {
        body.append(h("tr", {}, ...CELLS(lines[at]!).map((c) => h("td", {}, ...inline(c)))));
      }
      at -= 1;
      table.append(body);
      out.append(table);
    } else if (item) {
      flush();
      if (!list) out.append((list = h("ul")));
      list.append(h("li", {}, ...inline(item[1]!)));
    } else if (/^#{1,6} /.test(line)) {
      flush();
      out.append(h("p", {}, h("strong", {}, ...inline(line.replace(/^#+ /, "")))));
    } else if (/^\s*(---+|\*\*\*+)\s*$/.test(line)) {
      flush();
      out.append(h("hr"));
    } else if (line.trim() === "") {
      flush();
    } else {
      paragraph.push(line.trim());
    }
  }
  flush();
  return out;
}
