// `Warmor: Explain a Finding`: the page of a finding's code, as `warmorc explain` prints it, beside the editor.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { compiler } from "../tasks";

const SCHEME = "warmor-explain";
const CODE = /^[EW]\d{4}$/;

/** The pages, as documents `warmor-explain:E0401.md`. */
export const pages: vscode.TextDocumentContentProvider = {
  async provideTextDocumentContent(uri) {
    const code = uri.path.replace(/\.md$/, "");
    const program = await compiler();
    if (program === undefined || !CODE.test(code)) return "";
    try {
      const { stdout } = await promisify(execFile)(program, ["explain", code, "--color", "never"], {
        windowsHide: true,
      });
      return stdout;
    } catch (error) {
      return `There is no page for \`${code}\`.\n\n\`\`\`\n${String(error)}\n\`\`\`\n`;
    }
  },
};

export function register(): vscode.Disposable[] {
  return [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, pages),
    vscode.commands.registerCommand("warmor.explain", explain),
  ];
}

/** Shows the page of a code: the one given, else that of the finding at the cursor, else the one the user types. */
async function explain(given?: unknown): Promise<void> {
  const code = typeof given === "string" ? given : (atCursor() ?? (await ask()));
  if (code === undefined) return;
  const page = vscode.Uri.from({ scheme: SCHEME, path: `${code.toUpperCase()}.md` });
  await vscode.commands.executeCommand("markdown.showPreviewToSide", page);
}

function atCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  return vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ range }) => range.intersection(editor.selection) !== undefined)
    .map(({ code }) => String(typeof code === "object" ? code.value : code))
    .find((code) => CODE.test(code));
}

function ask(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: "Explain a finding",
    prompt: "The code of the finding, such as E0401 or W0301",
    validateInput: (text) => (CODE.test(text.toUpperCase()) ? undefined : "E or W and four digits"),
  });
}
