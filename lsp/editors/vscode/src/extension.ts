// What the extension adds to the editor, and when.

import * as vscode from "vscode";
import { Server } from "./client";
import * as explain from "./commands/explain";
import * as playground from "./commands/open_in_playground";
import * as pages from "./commands/pages";
import * as test from "./commands/test_at_cursor";
import * as witness from "./commands/witness";
import * as tasks from "./tasks";
import * as testView from "./test_view";

/** Settings that the server is started with. */
const OF_SERVER = ["warmor.server.path", "warmor.prove", "warmor.runTests", "warmor.costHints", "warmor.target"];

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const started = new Server();
  server = started;
  context.subscriptions.push(
    started,
    vscode.commands.registerCommand("warmor.restartServer", () => started.restart()),
    vscode.commands.registerCommand("warmor.showServerLog", () => started.log.show()),
    vscode.commands.registerCommand("warmor.check", () => tasks.run("check")),
    vscode.commands.registerCommand("warmor.compile", () => tasks.run("compile")),
    vscode.commands.registerCommand("warmor.test", () => tasks.run("test")),
    vscode.tasks.registerTaskProvider("warmor", tasks.provider),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (OF_SERVER.some((key) => change.affectsConfiguration(key))) void started.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void started.restart()),
    ...explain.register(),
    ...pages.register(),
    ...playground.register(),
    ...test.register(),
    ...witness.register(),
    ...testView.register(),
  );
  await started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
