// Which files of the repository are pages, where they go, and in what order they are listed.

import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

/** Where the sources of what is no page can be read. */
const REPOSITORY = "https://github.com/warmor/warmor";

const SINGLE = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "playground/web/README.md"];
const FOLDERS = ["docs", "stdlib", "examples"];

const GROUPS = ["Start", "Understand", "Reference", "Library and examples", "Findings", "Project"];
const PROJECT = ["CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "playground/web/README.md", "docs/reference/playground.md"];

function groupOf(path) {
  if (PROJECT.includes(path)) return "Project";
  if (path === "README.md" || path.startsWith("docs/guides/")) return "Start";
  if (path.startsWith("docs/reference/")) return "Reference";
  if (path.startsWith("docs/errors/")) return "Findings";
  if (path.startsWith("stdlib/") || path.startsWith("examples/")) return "Library and examples";
  return "Understand";
}

/** Where a page goes, below the folder of the documentation. */
function placeOf(path) {
  const single = { "README.md": "warmor.html", "playground/web/README.md": "package.html" }[path];
  if (single) return single;
  const inside = path.replace(/^docs\//, "");
  const example = /^examples\/([\w-]+)\/README\.md$/.exec(inside);
  if (example) return `examples/${example[1]}.html`;
  return inside.replace(/README\.md$/, "index.html").replace(/\.(md|warmor)$/, ".html").replace(/^(CONTRIBUTING|SECURITY)/, (name) => name.toLowerCase());
}

const plain = (markdown) => markdown.replace(/[`*]/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");

async function below(root, folder) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => posix.join(folder, (entry.parentPath ?? entry.path).slice(join(root, folder).length).replaceAll("\\", "/"), entry.name));
  return files.filter((path) => path.endsWith(".md") || /^stdlib\/[\w-]+\.warmor$/.test(path)).sort();
}

/** All pages, in the order in which they are listed: as the overview names them, then by their paths. */
export async function pages(root) {
  const paths = [...SINGLE, ...(await Promise.all(FOLDERS.map((folder) => below(root, folder)))).flat()];
  const overview = await readFile(join(root, "docs/README.md"), "utf8");
  const named = [...overview.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => posix.join("docs", link));
  const rank = (path) => (path === "README.md" ? -1 : named.includes(path) ? named.indexOf(path) : named.length);
  const all = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(root, path), "utf8");
      const title = path.endsWith(".warmor") ? `std.${posix.basename(path, ".warmor")}` : plain(/^# (.*)$/m.exec(text)?.[1] ?? path);
      return { path, text, title, place: placeOf(path), group: path === "docs/README.md" ? undefined : groupOf(path) };
    }),
  );
  all.push({ path: "docs/errors", text: undefined, title: "All findings", place: "errors/index.html", group: "Findings" });
  const order = (page) => [GROUPS.indexOf(page.group), rank(page.path)];
  return all.sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1] || (a.path < b.path ? -1 : 1));
}

/** Whether a page is listed beside all others. Those of single findings, examples and packages are listed on a page of their own. */
export const isListed = (page) => page.group !== undefined && !/^(docs\/errors|examples|stdlib)\/.*\/|^docs\/errors\/|\.warmor$/.test(page.path);

export const groups = (all) => GROUPS.map((group) => [group, all.filter((page) => page.group === group && isListed(page))]).filter(([, list]) => list.length > 0);

/** The page that a link in a file leads to. */
export function finder(all) {
  const byPath = new Map(all.map((page) => [page.path, page]));
  return (from, address) => {
    const path = posix.join(from.path === "docs/errors" ? from.path : dirname(from.path), address).replace(/\/$/, "");
    return { path, page: byPath.get(path) ?? byPath.get(posix.join(path, "README.md")) };
  };
}

/** Gives what makes of a link in one file of the repository a link between pages. `assets` collects the pictures. */
export function linker(all, root, assets) {
  const find = finder(all);
  return async (from, link) => {
    if (/^[a-z]+:/.test(link)) return link;
    const [address, anchor] = link.split("#", 2);
    const hash = anchor === undefined ? "" : `#${anchor}`;
    if (address === "") return hash;
    const { path, page: target } = find(from, address);
    const relative = (place) => posix.relative(dirname(from.place), place) || posix.basename(place);
    if (target) return relative(target.place) + hash;
    if (/\.(svg|png)$/.test(path)) {
      const place = posix.join("images", posix.basename(path));
      assets.set(place, path);
      return relative(place);
    }
    const isFolder = (await readdir(join(root, path)).catch(() => undefined)) !== undefined;
    if (!isFolder) await readFile(join(root, path)).catch(() => Promise.reject(new Error(`${from.path} links to ${link}, which is not there`)));
    return `${REPOSITORY}/${isFolder ? "tree" : "blob"}/main/${path}${hash}`;
  };
}
