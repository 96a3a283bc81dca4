// How programs are found, and their versions compared.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { load } from "./load.mjs";

const { find, isOlder, version } = await load("src/tools.ts");

const folder = mkdtempSync(join(tmpdir(), "warmor-tools-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes a program that prints a line. */
function program(path, prints, mode = 0o755) {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '${prints}'\n`);
  chmodSync(file, mode);
  return file;
}

const look = (setting, path = "", folders = []) => find({ name: "warmor-lsp", setting, folders, path });

test("the setting comes before the search path", async () => {
  const [set, onPath] = [program("set/server", ""), program("bin/warmor-lsp", "")];
  assert.deepEqual(await look(set, join(folder, "bin")), { program: set });
  assert.deepEqual(await look("", join(folder, "bin")), { program: onPath });
});

test("a relative setting is meant against the folders of the workspace", async () => {
  const file = program("work/tools/server", "");
  const work = [join(folder, "elsewhere"), join(folder, "work")];
  assert.deepEqual(await look("tools/server", "", work), { program: file });
  assert.deepEqual(await look("${workspaceFolder}/tools/server", "", work), { program: file });
});

test("relative entries of the search path are not looked at: the folder that is open must not choose the program", async () => {
  program("bin/warmor-lsp", "");
  const before = process.cwd();
  process.chdir(join(folder, "bin"));
  after(() => process.chdir(before));
  for (const path of ["", ".", ["", "."].join(delimiter)]) {
    assert.match((await look("", path)).missing, /no `warmor-lsp` on the search path/);
  }
  process.chdir(before);
});

test("what is no program is not found, and a wrong setting is not passed over", async () => {
  const plain = program("plain/warmor-lsp", "", 0o644);
  assert.ok("missing" in (await look("", join(folder, "plain"))));
  assert.match((await look(plain, join(folder, "bin"))).missing, /the setting names/);
});

test("the version is what the program says", async () => {
  assert.deepEqual(await version(program("v/one", "warmor-lsp 1.20.3")), { version: "1.20.3" });
  assert.match((await version(program("v/none", "hello"))).failure, /tells no version/);
  assert.ok("failure" in (await version(join(folder, "v/absent"))));
});

test("versions are compared by number", () => {
  for (const [one, other, older] of [
    ["0.1.0", "0.1.0", false],
    ["0.9.0", "0.10.0", true],
    ["1.0.0", "0.9.9", false],
    ["0.1.0", "0.1.1", true],
  ]) {
    assert.equal(isOlder(one, other), older, `${one} ${other}`);
  }
});
