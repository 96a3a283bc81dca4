// `Warmor: Turn the Witness at the Cursor into a Test`: the server's code action of that name, without the menu.

import * as vscode from "vscode";

/** What the server calls it. */
const TITLE = "add the event that shows it as a test";

export function register(): vscode.Disposable[] {
  return [vscode.commands.registerCommand("warmor.witnessAsTest", witnessAsTest)];
}

/** Resolves to whether a test was made. */
async function witnessAsTest(): Promise<boolean> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "warmor") return false;
  const { document, selection } = editor;
  const offered = await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    selection,
    vscode.CodeActionKind.QuickFix.value,
    // So many are resolved, that is, come with their edits.
    16,
  );
  const action = offered.find(({ title }) => title === TITLE);
  if (!action || !("edit" in action) || !action.edit) {
    void vscode.window.showInformationMessage("There is no finding with a witness at the cursor.");
    return false;
  }
  return vscode.workspace.applyEdit(action.edit);
}
