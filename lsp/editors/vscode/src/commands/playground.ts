// `Warmor: Open in Playground`: the policy in the address of the page, behind the `#`, which a browser sends to nobody.

import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import * as vscode from "vscode";
import * as settings from "../settings";

/** Above this many characters, browsers and the system's way to open an address cut it off. */
const LONGEST_ADDRESS = 32_000;

export function register(): vscode.Disposable[] {
  return [vscode.commands.registerCommand("warmor.openInPlayground", open)];
}

/** What stands behind the `#`: `code/` and the text, deflated (RFC 1951) and in URL-safe base64 (RFC 4648, section 5). */
export async function fragment(text: string): Promise<string> {
  const packed = await promisify(deflateRaw)(Buffer.from(text, "utf8"), { level: 9 });
  return `code/${packed.toString("base64url")}`;
}

async function open(): Promise<vscode.Uri | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "warmor") {
    void vscode.window.showInformationMessage("Open a Warmor file first.");
    return undefined;
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
    return undefined;
  }
  const address = vscode.Uri.parse(page).with({ fragment: await fragment(document.getText()) });
  if (address.toString(true).length > LONGEST_ADDRESS) {
    void vscode.window.showErrorMessage("This file is too long for an address: paste it into the playground.");
    return undefined;
  }
  await vscode.env.openExternal(address);
  return address;
}
