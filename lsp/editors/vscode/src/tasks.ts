// What runs `warmorc` in a terminal: tasks that the user can run and refer to in tasks.json, and the commands made of them.

import * as vscode from "vscode";
import * as settings from "./settings";

/** What a task does. */
interface Definition extends vscode.TaskDefinition {
  verb: "check" | "compile" | "test" | "fmt";
  arguments?: string[];
}

/** Options that make the output readable for the problem matcher `$warmorc`. */
const MATCHED: Record<Definition["verb"], string[]> = {
  check: ["--format", "github"],
  compile: ["--format", "github"],
  test: [],
  fmt: ["--check"],
};

/** The tasks that are offered for each folder. */
const OFFERED: Definition[] = [
  { type: "warmor", verb: "check" },
  { type: "warmor", verb: "compile" },
  { type: "warmor", verb: "test" },
  { type: "warmor", verb: "fmt" },
];

function task(
  definition: Definition,
  scope: vscode.WorkspaceFolder | vscode.TaskScope,
  tool: string,
  folder?: string,
): vscode.Task {
  const { verb } = definition;
  const options = definition.arguments ?? MATCHED[verb];
  const made = new vscode.Task(
    definition,
    scope,
    [verb, ...(definition.arguments ?? [])].join(" "),
    "warmor",
    new vscode.ProcessExecution(tool, [verb, ...options], folder === undefined ? {} : { cwd: folder }),
    MATCHED[verb].includes("github") ? ["$warmorc"] : [],
  );
  if (verb === "check" || verb === "compile") made.group = vscode.TaskGroup.Build;
  if (verb === "test") made.group = vscode.TaskGroup.Test;
  made.presentationOptions = { clear: true, showReuseMessage: false };
  return made;
}

/** The tasks of the workspace's folders. */
export const provider: vscode.TaskProvider = {
  async provideTasks() {
    const found = await settings.compiler();
    if ("missing" in found) return [];
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    return folders.flatMap((folder) => OFFERED.map((offered) => task(offered, folder, found.program)));
  },
  async resolveTask({ definition, scope }) {
    const found = await settings.compiler();
    if ("missing" in found || typeof definition["verb"] !== "string" || !(definition["verb"] in MATCHED)) {
      return undefined;
    }
    return task(definition as Definition, scope as vscode.WorkspaceFolder, found.program);
  },
};

/** The compiler, or a message that says how to get it. */
export async function compiler(): Promise<string | undefined> {
  const found = await settings.compiler();
  if ("program" in found) return found.program;
  const open = "Open Settings";
  const answer = await vscode.window.showErrorMessage(
    `The Warmor compiler was not found: ${found.missing}. Install \`warmorc\` (\`cargo install --path compiler/cli\` in Warmor's sources) or set \`warmor.compiler.path\`.`,
    open,
  );
  if (answer === open) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "warmor.compiler.path");
  }
  return undefined;
}

/** The project around a file: the nearest folder upwards with a `warmor.toml`, else the file itself. */
export async function program(file: vscode.Uri): Promise<string> {
  for (let folder = vscode.Uri.joinPath(file, ".."); ; folder = vscode.Uri.joinPath(folder, "..")) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, "warmor.toml"));
      return folder.fsPath;
    } catch {
      if (vscode.Uri.joinPath(folder, "..").path === folder.path) return file.fsPath;
    }
  }
}

/**
 * Runs the compiler on the project around the file in the editor, else on the first folder of the workspace. Resolves to
 * its exit code, or to nothing where it was not run.
 */
export async function run(verb: Definition["verb"], ...further: string[]): Promise<number | undefined> {
  const tool = await compiler();
  if (tool === undefined) return undefined;
  const open = vscode.window.activeTextEditor?.document;
  const file = open?.languageId === "warmor" && open.uri.scheme === "file" ? open.uri : undefined;
  const workspace =
    (file && vscode.workspace.getWorkspaceFolder(file)) ?? vscode.workspace.workspaceFolders?.[0];
  const path = file ? await program(file) : workspace?.uri.fsPath;
  if (path === undefined) {
    void vscode.window.showInformationMessage("Open a Warmor file, or a folder with one, first.");
    return undefined;
  }
  // The compiler reads files, not editors.
  await vscode.workspace.saveAll(false);
  const wanted = task(
    { type: "warmor", verb, arguments: [...MATCHED[verb], ...further, path] },
    workspace ?? vscode.TaskScope.Global,
    tool,
    workspace?.uri.fsPath,
  );
  const execution = await vscode.tasks.executeTask(wanted);
  return new Promise((settle) => {
    const listener = vscode.tasks.onDidEndTaskProcess((ended) => {
      if (ended.execution !== execution) return;
      listener.dispose();
      settle(ended.exitCode);
    });
  });
}
