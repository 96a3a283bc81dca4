// Where the programs are that the extension starts. No part of this file knows an editor, so that it can be tried alone.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** The oldest language server that this extension speaks to. */
export const OLDEST_SERVER = "0.1.0";

/** How long a program may take to tell its version. */
const VERSION_TIMEOUT_MS = 10_000;

/** What is looked for, and where. */
export interface Wanted {
  /** The program's name, without an extension. */
  name: string;
  /** What the user's setting says; empty where it says nothing. */
  setting: string;
  /** Folders that a relative setting may be meant against. */
  folders: readonly string[];
  /** The search path. */
  path: string;
}

/** A program that was found, or where it was looked for in vain. */
export type Found = { program: string } | { missing: string };

/** Looks for a program: what the setting names, else the first of that name on the search path. */
export async function find(wanted: Wanted): Promise<Found> {
  const setting = wanted.setting.trim();
  if (setting !== "") {
    for (const candidate of expand(setting, wanted.folders)) {
      const program = await executable(candidate);
      if (program !== undefined) return { program };
    }
    return { missing: `the setting names \`${setting}\`, where there is no program` };
  }
  for (const folder of wanted.path.split(delimiter)) {
    // An empty or relative entry would let the folder that is open decide which program runs.
    if (!isAbsolute(folder)) continue;
    const program = await executable(join(folder, wanted.name));
    if (program !== undefined) return { program };
  }
  return { missing: `there is no \`${wanted.name}\` on the search path` };
}

function expand(setting: string, folders: readonly string[]): string[] {
  const home = setting.replace(/^~(?=[\\/]|$)/, homedir());
  if (isAbsolute(home)) return [home];
  return folders.map((folder) => resolve(folder, home.replaceAll("${workspaceFolder}", folder)));
}

async function executable(path: string): Promise<string | undefined> {
  const candidates = process.platform === "win32" && !path.endsWith(".exe") ? [`${path}.exe`] : [path];
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The version that a program says it has (`NAME 1.2.3`), or why that is not known. */
export function version(program: string): Promise<{ version: string } | { failure: string }> {
  return new Promise((settle) => {
    execFile(program, ["--version"], { timeout: VERSION_TIMEOUT_MS, windowsHide: true }, (error, output) => {
      const found = /\b(\d+\.\d+\.\d+)\b/.exec(output)?.[1];
      if (found !== undefined) settle({ version: found });
      else settle({ failure: error ? error.message.trim() : `\`${program} --version\` tells no version` });
    });
  });
}

/** Whether one version, such as `0.10.2`, is older than another. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at += 1) {
    const [a, b] = [left?.[at] ?? 0, right?.[at] ?? 0];
    if (a !== b) return a < b;
  }
  return false;
}
