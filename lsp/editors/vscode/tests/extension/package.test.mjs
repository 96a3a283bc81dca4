// The package: whole, and the same bytes each time.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";
import { bundle } from "../../scripts/build.mjs";
import { vsix } from "../../scripts/package.mjs";
import { zip } from "../../scripts/zip.mjs";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const here = fileURLToPath(new URL("../..", import.meta.url));

await bundle();
const bytes = vsix();

/** The files of an archive, read by its directory as other programs do. */
function unzip(archive) {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [packed, size, length] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28)];
    const offset = archive.readUInt32LE(at + 42);
    const name = archive.toString("utf8", at + 46, at + 46 + length);
    const begin = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
    const content = inflateRawSync(archive.subarray(begin, begin + packed));
    assert.equal(content.length, size, name);
    files.set(name, content);
    at += 46 + length;
  }
  return files;
}

const files = unzip(bytes);

test("the same sources give the same bytes", async () => {
  await bundle();
  assert.ok(vsix().equals(bytes));
});

test("the checksums are those of ZIP", () => {
  // The check value of CRC-32: ISO 3309 over "123456789".
  assert.equal(zip([{ name: "a", bytes: Buffer.from("123456789") }]).readUInt32LE(14), 0xcbf43926);
});

test("what the manifest names is in the package", () => {
  const named = [...JSON.stringify(manifest).matchAll(/"(?:\.\/)?((?:dist|images|snippets|syntaxes|walkthrough)\/[^"]+)"/g)];
  assert.ok(named.length >= 10);
  for (const [, name] of named) assert.ok(files.has(`extension/${name}`), name);
  for (const name of ["[Content_Types].xml", "extension.vsixmanifest", "extension/package.json", "extension/LICENSE.txt"]) {
    assert.ok(files.has(name), name);
  }
});

test("nothing is in the package that only building needs", () => {
  for (const name of files.keys()) assert.doesNotMatch(name, /node_modules|tests\/|scripts\/|\.ts$|\.map$/);
  const packed = JSON.parse(files.get("extension/package.json").toString());
  assert.equal(packed.devDependencies, undefined);
  assert.equal(packed.scripts, undefined);
});

test("the icon is a square of at least 128 pixels", () => {
  const icon = files.get(`extension/${manifest.icon}`);
  assert.deepEqual([...icon.subarray(1, 4)], [...Buffer.from("PNG")]);
  assert.equal(icon.readUInt32BE(16), icon.readUInt32BE(20));
  assert.ok(icon.readUInt32BE(16) >= 128);
});

test("each licence of what is bundled is in the package", () => {
  const notices = files.get("extension/dist/THIRD-PARTY.txt").toString();
  for (const name of ["vscode-languageclient", "vscode-jsonrpc", "semver", "minimatch"]) assert.match(notices, new RegExp(`^${name} `, "m"));
});

test("each command of the manifest is registered, and the other way round", () => {
  const declared = manifest.contributes.commands.map(({ command }) => command).sort();
  const bundled = files.get("extension/dist/extension.js").toString();
  const registered = [...bundled.matchAll(/registerCommand\("(warmor\.[A-Za-z]+)"/g)].map((found) => found[1]).sort();
  assert.deepEqual(registered, declared);
});

test("each setting is explained in the README, with its default", () => {
  const readme = readFileSync(`${here}/README.md`, "utf8");
  for (const [name, { default: value }] of Object.entries(manifest.contributes.configuration.properties)) {
    assert.ok(readme.includes(`| \`${name}\` | ${value === "" ? "" : `\`${value}\` `}|`), name);
  }
});

test("the versions agree", () => {
  assert.match(readFileSync(`${here}/CHANGELOG.md`, "utf8"), new RegExp(`^## ${manifest.version.replaceAll(".", "\\.")}$`, "m"));
  assert.ok(existsSync(`${here}/package-lock.json`));
});
