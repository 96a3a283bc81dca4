// A page of the documentation as HTML.

import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { Marked } from "marked";
import { safe } from "./highlight.mjs";
import { finder, groups } from "./pages.mjs";
import { sample } from "./samples.mjs";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'";

/** `<!-- live: decide read /etc/shadow -->` before a sample has it run in the page: which tab is open, and what it is asked. */
const LIVE = /^<!-- live: (\w+)(?: (.+))? -->\s*$/;

/** Headings of a page get the names that they have on a code host. */
function slugs() {
  const seen = new Map();
  return (text) => {
    const slug = text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "").replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
}

const textOf = (html) => html.replace(/<[^>]*>/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, "&");
const query = (values) => {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
};

/** Gives what renders a page. */
export function renderer({ root, all, link, highlight }) {
  const find = finder(all);
  const codes = new Map(all.filter((page) => page.path.startsWith("docs/errors/")).map((page) => [posix.basename(page.path, ".md"), page.title]));

  function block(page, text, info, isWrong, live) {
    const up = posix.relative(dirname(page.place), "..");
    const errorPage = /^docs\/errors\/(\w+)\.md$/.exec(page.path)?.[1];
    const source = text.endsWith("\n") ? text : `${text}\n`;
    const found = sample(info, source, { errorPage, isWrong });
    if (found === undefined) return `<div class="sample"><pre tabindex="0"><code>${safe(source)}</code></pre></div>\n`;
    const html = found.language === "toml" ? safe(source) : highlight(source, found.language === "fragment");
    const says = found.options.length > 0 ? `with <code>${safe(found.options.join(" "))}</code>` : "";
    const kind = found.expects !== "clean" && errorPage === undefined ? `yields <a href="${posix.relative(dirname(page.place), `errors/${found.expects}.html`)}">${found.expects}</a>` : found.language === "fragment" ? "inside a policy" : "";
    const open = found.address && `<a class="open" href="${up}/#${safe(found.address + query(found.query))}" data-expects="${found.expects}">Open in playground</a>`;
    const bar = [says, kind].filter((part) => part !== "").map((part) => `<span>${part}</span>`).join("");
    const shown = `<div class="sample"><pre tabindex="0"><code>${html}</code></pre><div class="bar">${bar}${open ?? ""}</div></div>\n`;
    if (!live) return shown;
    const address = `${up}/#embed/${found.address}${query({ tab: live.tab, operation: live.operation })}`;
    const title = `${page.title}: the sample above, running`;
    return `${shown}<iframe class="live" src="${safe(address)}" title="${safe(title)}" loading="lazy"></iframe>\n`;
  }

  async function body(page, markdown) {
    const slug = slugs();
    const contents = [];
    let isWrong = false;
    let live;
    const marked = new Marked({
      gfm: true,
      async: true,
      walkTokens: async (token) => {
        // What is called by its file on a code host is called by its title here.
        if (token.type === "link" && token.text.replace(/\/$/, "") === token.href.replace(/\/$/, "")) {
          const found = find(page, token.href).page;
          if (found) token.tokens = [{ type: "text", raw: found.title, text: found.title, escaped: false }];
        }
        if (token.type === "link" || token.type === "image") token.href = await link(page, token.href);
      },
      renderer: {
        heading({ tokens, depth }) {
          const html = this.parser.parseInline(tokens);
          const id = slug(textOf(html));
          if (depth > 1) contents.push({ depth, id, text: textOf(html) });
          return `<h${depth} id="${id}">${html}${depth > 1 ? ` <a class="anchor" href="#${id}" aria-label="Link to ${safe(textOf(html))}">#</a>` : ""}</h${depth}>\n`;
        },
        paragraph({ tokens, text }) {
          isWrong = text === "Wrong:";
          return `<p>${this.parser.parseInline(tokens)}</p>\n`;
        },
        html({ text }) {
          const found = LIVE.exec(text);
          if (found) live = { tab: found[1], operation: found[2] };
          return found ? "" : text;
        },
        code({ text, lang }) {
          const wanted = live;
          live = undefined;
          return block(page, text, lang ?? "", isWrong, wanted);
        },
        table(token) {
          const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("")}</tr>`;
          const named = token.header.some((cell) => cell.text !== "");
          const head = named ? `<thead>${row(token.header, "th")}</thead>` : "";
          return `<div class="scroll" tabindex="0"><table>${head}<tbody>${token.rows.map((cells) => row(cells, "td")).join("\n")}</tbody></table></div>\n`;
        },
      },
    });
    return { html: await marked.parse(markdown), contents };
  }

  /** What a page shows beside what is written in it. */
  async function more(page) {
    if (page.path === "docs/errors") {
      const list = (letter) => [...codes].filter(([code]) => code.startsWith(letter)).map(([code, title]) => `<li><a href="${code}.html">${safe(title)}</a></li>`).join("\n");
      return `<h1 id="findings">All findings</h1>\n<p>Errors (E) stop a build; warnings (W) are for their readers to judge, and a policy can allow them.</p>\n<h2 id="errors">Errors</h2>\n<ul class="codes">${list("E")}</ul>\n<h2 id="warnings">Warnings</h2>\n<ul class="codes">${list("W")}</ul>\n`;
    }
    if (page.path.endsWith(".warmor")) {
      return `<h1 id="text">${page.title}</h1>\n<p>A package of <a href="index.html">the standard library</a>, as it is compiled into the compiler.</p>\n<div class="sample"><pre tabindex="0"><code>${highlight(page.text)}</code></pre></div>\n`;
    }
    const example = /^examples\/([\w-]+)\/README\.md$/.exec(page.path)?.[1];
    if (!example) return "";
    const files = (await readdir(join(root, "examples", example), { recursive: true })).filter((file) => /\.(warmor|toml)$/.test(file)).sort();
    const shown = files.map(async (file) => {
      const text = await readFile(join(root, "examples", example, file), "utf8");
      return `<h3 id="${safe(file.replace(/\W/g, "-"))}">${safe(file)}</h3>\n<div class="sample"><pre tabindex="0"><code>${file.endsWith(".toml") ? safe(text) : highlight(text)}</code></pre></div>\n`;
    });
    return `<h2 id="files">The project</h2>\n<p><a class="open" href="../../#example/${example}" data-example="${example}">Open in playground</a></p>\n${(await Promise.all(shown)).join("")}`;
  }

  return async (page) => {
    const isWritten = page.text !== undefined && !page.path.endsWith(".warmor");
    const { html, contents } = isWritten ? await body(page, page.text) : { html: "", contents: [] };
    const base = posix.relative(dirname(page.place), "") || ".";
    const to = (place) => posix.relative(dirname(page.place), place);
    const current = (other) => (other === page || (other.group === page.group && posix.dirname(other.place) === posix.dirname(page.place) && page.place !== other.place && /\/index\.html$/.test(other.place)) ? (other === page ? ' aria-current="page"' : ' aria-current="true"') : "");
    const nav = groups(all)
      .map(([name, list]) => `<h2>${name}</h2><ul>${list.map((each) => `<li><a href="${to(each.place)}"${current(each)}>${safe(each.title)}</a></li>`).join("")}</ul>`)
      .join("\n");
    const inside = contents.filter(({ depth }) => depth === 2);
    const toc = inside.length < 3 ? "" : `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${inside.map(({ id, text }) => `<li><a href="#${id}">${safe(text)}</a></li>`).join("")}</ul></nav>`;
    const document = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${safe(page.title)} – Warmor</title>
<link rel="icon" href="${base}/../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${base}/../colours.css">
<link rel="stylesheet" href="${base}/docs.css">
<script src="${base}/docs.js"></script>
</head>
<body>
<a class="skip" href="#page">Skip to the text</a>
<header>
<a class="brand" href="${to("index.html")}"><img src="${base}/../icon.svg" alt="" width="20" height="20">Warmor <span>documentation</span></a>
<div id="search"></div>
<nav aria-label="Site"><a class="to-pages" href="#pages">All pages</a><a href="${base}/../">Playground</a><span id="theme-place"></span></nav>
</header>
<div class="columns">
<main id="page">
${html}${await more(page)}</main>
${toc}
<nav id="pages" aria-label="All pages">${nav}</nav>
</div>
</body>
</html>
`;
    return { document, contents };
  };
}
