// Pages about the open file: the same that the lenses above its lines open. The server makes them, and has the editor show them.

import * as vscode from "vscode";

export function register(): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand("warmor.showChanges", () => ask("warmor.server.showChanges")),
    vscode.commands.registerCommand("warmor.showReach", () => ask("warmor.server.showReach")),
    vscode.commands.registerCommand("warmor.showTables", () => ask("warmor.server.showTables")),
    vscode.commands.registerCommand("warmor.showModule", () => ask("warmor.server.showModule")),
    vscode.commands.registerCommand("warmor.whoCan", () => ask("warmor.server.whoCan")),
    vscode.commands.registerCommand("warmor.fetchDependencies", () => ask("warmor.server.fetchDependencies")),
  ];
}

async function ask(command: string): Promise<unknown> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "warmor") {
    void vscode.window.showInformationMessage("Open a Warmor file first.");
    return undefined;
  }
  const { line, character } = editor.selection.active;
  const argument = { uri: editor.document.uri.toString(), position: { line, character } };
  try {
    return await vscode.commands.executeCommand(command, argument);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
