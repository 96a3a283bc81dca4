// `Warmor: Open in Playground`.

import * as vscode from "vscode";
import { address } from "../playground";
import * as settings from "../settings";

export function register(): vscode.Disposable[] {
  return [vscode.commands.registerCommand("warmor.openInPlayground", open)];
}

async function open(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "warmor") {
    void vscode.window.showInformationMessage("Open a Warmor file first.");
    return;
  }
  const page = settings.playground();
  if (!/^https?:\/\//.test(page)) {
    const set = "Open Settings";
    const answer = await vscode.window.showInformationMessage(
      "Say in `warmor.playground.url` where the playground is.",
      set,
    );
    if (answer === set) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "warmor.playground.url");
    }
    return;
  }
  const whole = await address(page, document.getText());
  if (whole === undefined) {
    void vscode.window.showErrorMessage("This file is too long for an address: paste it into the playground.");
    return;
  }
  await vscode.env.openExternal(vscode.Uri.parse(whole, true));
}
