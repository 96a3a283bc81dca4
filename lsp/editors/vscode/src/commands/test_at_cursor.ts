// `Warmor: Run the Test at the Cursor`.

import * as vscode from "vscode";
import * as tasks from "../tasks";

const TEST = /^\s*test\s+"((?:[^"\\]|\\.)*)"/;

export function register(): vscode.Disposable[] {
  return [vscode.commands.registerCommand("warmor.runTestAtCursor", run)];
}

async function run(): Promise<number | undefined> {
  const editor = vscode.window.activeTextEditor;
  const name = editor && above(editor.document, editor.selection.active.line);
  if (name === undefined) {
    void vscode.window.showInformationMessage("The cursor is not in a test.");
    return undefined;
  }
  return tasks.run("test", "--filter", name);
}

/** The name of the test that begins on a line or nearest above it, as it is written between its quotes. */
export function above(document: { lineAt(line: number): { text: string } }, line: number): string | undefined {
  for (let at = line; at >= 0; at -= 1) {
    const { text } = document.lineAt(at);
    const name = TEST.exec(text)?.[1];
    if (name !== undefined) return name.replace(/\\(["\\])/g, "$1");
    // An item that is no test begins here.
    if (at < line && /^[a-z]/.test(text)) return undefined;
  }
  return undefined;
}
