// Packs the extension: `node scripts/package.mjs [FILE]` writes a .vsix, by default dist/warmor-VERSION.vsix.
//
// A .vsix is a ZIP archive in the Open Packaging Conventions: a list of content types, a manifest for the marketplace, and
// the extension below `extension/`. Same sources, same bytes.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build.mjs";
import { zip } from "./zip.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const root = resolve(here, "../../..");

/** What goes into the package, beside the licence: files and whole folders. */
const CONTENTS = [
  "CHANGELOG.md",
  "README.md",
  "dist/THIRD-PARTY.txt",
  "dist/extension.js",
  "images/file-dark.svg",
  "images/file-light.svg",
  "images/icon.png",
  "language-configuration.json",
  "snippets",
  "syntaxes",
  "walkthrough",
];

const TYPES = {
  ".js": "application/javascript",
  ".json": "application/json",
  ".md": "text/markdown",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".vsixmanifest": "text/xml",
};

const xml = (text) =>
  String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

/** The manifest as it is published: without what only building needs. */
function published() {
  const { devDependencies, scripts, private: _, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return manifest;
}

function vsixManifest(manifest) {
  const property = (id, value) => `      <Property Id="Microsoft.VisualStudio.${id}" Value="${xml(value)}" />`;
  const asset = (type, path) =>
    `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${xml(path)}" Addressable="true" />`;
  const extensions = manifest.contributes.languages.flatMap((language) => language.extensions ?? []);
  const tags = [
    ...manifest.keywords,
    ...manifest.contributes.languages.map(({ id }) => id),
    ...extensions.map((extension) => `__ext_${extension.slice(1)}`),
    "snippet",
  ];
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(manifest.name)}" Version="${xml(manifest.version)}" Publisher="${xml(manifest.publisher)}" />
    <DisplayName>${xml(manifest.displayName)}</DisplayName>
    <Description xml:space="preserve">${xml(manifest.description)}</Description>
    <Tags>${xml(tags.join(","))}</Tags>
    <Categories>${xml(manifest.categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
${[
  property("Code.Engine", manifest.engines.vscode),
  property("Code.ExtensionDependencies", ""),
  property("Code.ExtensionPack", ""),
  property("Code.ExtensionKind", "workspace"),
  property("Code.LocalizedLanguages", ""),
  property("Code.EnabledApiProposals", ""),
  property("Code.ExecutesCode", "true"),
  property("Services.GitHubFlavoredMarkdown", "true"),
  property("Services.Content.Pricing", "Free"),
  property("Services.Branding.Color", manifest.galleryBanner.color),
  property("Services.Branding.Theme", manifest.galleryBanner.theme),
].join("\n")}
    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/${xml(manifest.icon)}</Icon>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code" />
  </Installation>
  <Dependencies />
  <Assets>
${[
  asset("Code.Manifest", "package.json"),
  asset("Services.Content.Details", "README.md"),
  asset("Services.Content.Changelog", "CHANGELOG.md"),
  asset("Services.Content.License", "LICENSE.txt"),
  asset("Services.Icons.Default", manifest.icon),
].join("\n")}
  </Assets>
</PackageManifest>
`;
}

function contentTypes(names) {
  const endings = [...new Set(names.map((name) => extname(name)))].sort();
  const types = endings.map((ending) => {
    if (!(ending in TYPES)) throw new Error(`no content type for ${ending}`);
    return `  <Default Extension="${ending}" ContentType="${TYPES[ending]}" />`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${types.join("\n")}
</Types>
`;
}

/** The files of the extension, from where they are. */
function contents() {
  const within = (path) => {
    const entries = extname(path) === "" ? readdirSync(join(here, path)).sort() : undefined;
    return entries ? entries.flatMap((entry) => within(`${path}/${entry}`)) : [path];
  };
  return CONTENTS.flatMap(within).map((name) => ({ name, bytes: readFileSync(join(here, name)) }));
}

/** The bytes of the package; the bundle must be there. */
export function vsix() {
  const manifest = published();
  const text = (content) => Buffer.from(content, "utf8");
  const extension = [
    { name: "package.json", bytes: text(`${JSON.stringify(manifest, null, 2)}\n`) },
    { name: "LICENSE.txt", bytes: readFileSync(join(root, "LICENSE")) },
    ...contents(),
  ].map(({ name, bytes }) => ({ name: `extension/${name}`, bytes }));
  const described = [{ name: "extension.vsixmanifest", bytes: text(vsixManifest(manifest)) }, ...extension];
  return zip([
    { name: "[Content_Types].xml", bytes: text(contentTypes(described.map(({ name }) => name))) },
    ...described,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle();
  const file = resolve(process.argv[2] ?? join(here, `dist/warmor-${published().version}.vsix`));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, vsix());
  console.log(file);
}
