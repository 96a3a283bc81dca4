// `Warmor: Run the Test at the Cursor`.

import * as vscode from "vscode";
import * as tasks from "../tasks";
import { testAround } from "../tests";

export function register(): vscode.Disposable[] {
  return [vscode.commands.registerCommand("warmor.runTestAtCursor", run)];
}

async function run(): Promise<number | undefined> {
  const editor = vscode.window.activeTextEditor;
  const name = editor && testAround(editor.document.getText(), editor.selection.active.line);
  if (name === undefined) {
    void vscode.window.showInformationMessage("The cursor is not in a test.");
    return undefined;
  }
  return tasks.run("test", "--filter", name);
}
