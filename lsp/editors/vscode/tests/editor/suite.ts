// Runs inside a real VS Code, with the packed extension installed and the real language server: what a user does, and what
// the user must then see. Each case begins with an empty editor.

import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import * as vscode from "vscode";
import { list, run as runTests } from "../../src/test_view";

/** How long an answer may take before it counts as missing. */
const PATIENCE_MS = 20_000;

const workspace = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** Waits until something holds, and gives it. */
async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

async function open(name: string, text: string): Promise<vscode.TextEditor> {
  const file = vscode.Uri.file(join(workspace(), name));
  await vscode.workspace.fs.writeFile(file, Buffer.from(text));
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file), { preview: false });
}

const codes = (uri: vscode.Uri): string[] =>
  vscode.languages
    .getDiagnostics(uri)
    .map(({ code }) => String(typeof code === "object" ? code.value : code));

/** The place of a text in a document. */
function at(document: vscode.TextDocument, text: string): vscode.Position {
  const offset = document.getText().indexOf(text);
  check(offset >= 0, `there is no ${text}`);
  return document.positionAt(offset);
}

const ask = <T>(command: string, ...values: unknown[]): Promise<T> =>
  Promise.resolve(vscode.commands.executeCommand<T>(command, ...values));

const GOOD = `package good

let secrets = [/etc/shadow]

policy keep for any {
  mode prevent
  no_secrets: deny read secrets
}

test "kept" {
  as { process.exe: /usr/bin/cat }
  expect deny read /etc/shadow by no_secrets
}
`;

const DEAD_ALLOW = `package dead

policy closed for any {
  mode prevent
  no: deny read /etc/**
}

policy opened for any {
  mode prevent
  yes: allow read /etc/passwd
}
`;

const cases: [string, () => Promise<void>][] = [
  [
    "the language is known, and the extension is active",
    async () => {
      const { document } = await open("known.warmor", GOOD);
      check(document.languageId === "warmor", document.languageId);
      const extension = vscode.extensions.getExtension("warmor.warmor");
      check(extension !== undefined, "the extension is not installed");
      await until("activation", () => extension.isActive);
      const known = await vscode.commands.getCommands(true);
      for (const { command } of extension.packageJSON.contributes.commands as { command: string }[]) {
        check(known.includes(command), `${command} is not registered`);
      }
    },
  ],
  [
    "a mistake is shown, and goes when it is mended",
    async () => {
      const editor = await open("mistake.warmor", GOOD.replace("read secrets", "read secretz"));
      const finding = await until("the finding", () => {
        const place = codes(editor.document.uri).indexOf("E0101");
        return vscode.languages.getDiagnostics(editor.document.uri)[place];
      });
      check(editor.document.getText(finding.range) === "secretz", "the finding is elsewhere");
      const range = new vscode.Range(at(editor.document, "secretz"), at(editor.document, "secretz").translate(0, 7));
      await editor.edit((edit) => edit.replace(range, "secrets"));
      await until("no finding", () => codes(editor.document.uri).length === 0);
    },
  ],
  [
    "what is proved is shown, with the other rule and a link to its page",
    async () => {
      const { document } = await open("dead.warmor", DEAD_ALLOW);
      const found = await until("the finding", () => vscode.languages.getDiagnostics(document.uri)[codes(document.uri).indexOf("W0301")]);
      check(document.getText(found.range).startsWith("yes:"), document.getText(found.range));
      check(found.severity === vscode.DiagnosticSeverity.Warning, "it is no warning");
      const related = found.relatedInformation?.[0];
      check(related !== undefined && document.getText(related.location.range).startsWith("no:"), "the other rule is not named");
      check(typeof found.code === "object" && found.code.target.path.endsWith("W0301.md"), "the code has no link");
    },
  ],
  [
    "an expectation that is not met is shown, and its test tells the story",
    async () => {
      const { document } = await open("unmet.warmor", GOOD.replace("expect deny read /etc/shadow by no_secrets", "expect deny read /etc/passwd"));
      await until("the finding", () => codes(document.uri).includes("E0901"));
      const lens = await until("the lens", async () => {
        const lenses = await ask<vscode.CodeLens[]>("vscode.executeCodeLensProvider", document.uri, 32);
        return lenses.find(({ command }) => command?.title.startsWith("run test: 1 of 1"));
      });
      check(lens.command !== undefined, "the lens has no command");
      await ask(lens.command.command, ...(lens.command.arguments as unknown[]));
      await until("the page", () => vscode.window.activeTextEditor?.document.getText().includes("NOT as expected: it is allowed"));
    },
  ],
  [
    "the tables of a policy, from the palette",
    async () => {
      await open("tables.warmor", GOOD);
      await ask("warmor.showTables");
      await until("the page", () => vscode.window.activeTextEditor?.document.getText().includes("clause 0: deny no_secrets"));
    },
  ],
  [
    "completion and help with calls",
    async () => {
      const text = GOOD.replace("policy keep", "template denied(what: Path) {\n  deny read what\n}\n\npolicy keep").replace("read secrets", "read \n  use denied(/etc/gshadow)");
      const { document } = await open("completion.warmor", text);
      const list = await until("completions", async () => {
        const place = at(document, "read \n").translate(0, 5);
        const found = await ask<vscode.CompletionList>("vscode.executeCompletionItemProvider", document.uri, place);
        return found.items.some(({ label }) => (typeof label === "string" ? label : label.label) === "secrets") && found;
      });
      check(list.items.length > 1, "there is only one");
      const call = at(document, "denied(/etc/gshadow)").translate(0, 7);
      const help = await until("help", () => ask<vscode.SignatureHelp>("vscode.executeSignatureHelpProvider", document.uri, call));
      check(help.signatures[0]?.label.includes("denied(") === true, JSON.stringify(help));
    },
  ],
  [
    "references and highlights",
    async () => {
      const { document } = await open("references.warmor", GOOD);
      const use = at(document, "secrets\n}");
      const references = await ask<vscode.Location[]>("vscode.executeReferenceProvider", document.uri, use);
      check(references.length === 2, `${references.length} references`);
      const marked = await ask<vscode.DocumentHighlight[]>("vscode.executeDocumentHighlights", document.uri, use);
      check(marked.length === 2, `${marked.length} highlights`);
    },
  ],
  [
    "a quick fix, as the light bulb offers it",
    async () => {
      const { document } = await open("fix.warmor", GOOD.replace("read secrets", "read secretz"));
      await until("the finding", () => codes(document.uri).includes("E0101"));
      const place = at(document, "secretz");
      const action = await until("the fix", async () => {
        const offered = await ask<vscode.CodeAction[]>(
          "vscode.executeCodeActionProvider",
          document.uri,
          new vscode.Range(place, place),
          vscode.CodeActionKind.QuickFix.value,
          8,
        );
        return offered.find(({ edit }) => edit !== undefined);
      });
      check(action.edit !== undefined, action.title);
      await vscode.workspace.applyEdit(action.edit);
      await until("the mended text", () => document.getText() === GOOD);
    },
  ],
  [
    "the witness of a finding becomes a test",
    async () => {
      const editor = await open("witness.warmor", DEAD_ALLOW);
      await until("the finding", () => codes(editor.document.uri).includes("W0301"));
      const rule = at(editor.document, "yes:");
      editor.selection = new vscode.Selection(rule, rule);
      await until("the test", () => ask<boolean>("warmor.witnessAsTest"));
      const made = editor.document.getText().slice(DEAD_ALLOW.length);
      check(/^\ntest ".*" \{\n.*expect deny read \/etc\/passwd/s.test(made), made);
    },
  ],
  [
    "without proving, only mistakes are shown",
    async () => {
      const settings = vscode.workspace.getConfiguration("warmor");
      await settings.update("prove", false, vscode.ConfigurationTarget.Workspace);
      const { document } = await open("unproved.warmor", `${DEAD_ALLOW}let probe = not_there\n`);
      await until("the mistake", () => codes(document.uri).includes("E0101"));
      const change = new vscode.WorkspaceEdit();
      change.replace(document.uri, new vscode.Range(at(document, "let probe"), at(document, "let probe").translate(1)), "");
      await vscode.workspace.applyEdit(change);
      await until("no mistake", () => codes(document.uri).length === 0);
      await settings.update("prove", undefined, vscode.ConfigurationTarget.Workspace);
      await until("what is proved", () => codes(document.uri).includes("W0301"));
    },
  ],
  [
    "a name is changed wherever it stands",
    async () => {
      const { document } = await open("rename.warmor", GOOD);
      const edit = await ask<vscode.WorkspaceEdit>(
        "vscode.executeDocumentRenameProvider",
        document.uri,
        at(document, "secrets\n}"),
        "passwords",
      );
      await vscode.workspace.applyEdit(edit);
      const name = /\bsecrets\b/g;
      await until("the new name", () => document.getText() === GOOD.replace(name, "passwords"));
    },
  ],
  [
    "words are coloured by what they mean",
    async () => {
      const { document } = await open("colour.warmor", GOOD);
      const legend = await ask<vscode.SemanticTokensLegend>("vscode.provideDocumentSemanticTokensLegend", document.uri);
      const tokens = await ask<vscode.SemanticTokens>("vscode.provideDocumentSemanticTokens", document.uri);
      const found = new Map<string, string | undefined>();
      for (let at = 0, line = 0, column = 0; at < tokens.data.length; at += 5) {
        const [down = 0, right = 0, length = 0, type = 0] = tokens.data.subarray(at, at + 5);
        column = down === 0 ? column + right : right;
        line += down;
        found.set(document.getText(new vscode.Range(line, column, line, column + length)), legend.tokenTypes[type]);
      }
      check(found.get("keep") === "namespace" && found.get("read") === "method", JSON.stringify([...found]));
      check(found.get("/etc/shadow") === "regexp", JSON.stringify([...found]));
    },
  ],
  [
    "every snippet is right as it comes",
    async () => {
      const { extensionPath } = vscode.extensions.getExtension("warmor.warmor") ?? { extensionPath: "" };
      const snippets = JSON.parse(readFileSync(join(extensionPath, "snippets/warmor.json"), "utf8")) as Record<
        string,
        { body: string[] }
      >;
      for (const [number, [name, { body }]] of Object.entries(snippets).entries()) {
        const editor = await open(`snippet${number}.warmor`, "");
        const text = body.join("\n");
        const ofPolicy = /^\$\{1:label\}/.test(text);
        // The mistake at the end is there to be waited for.
        const whole = `${ofPolicy ? `policy p for any {\n${text}\n}` : text}\nlet probe = not_there\n`;
        await editor.insertSnippet(new vscode.SnippetString(whole));
        await until(`the finding behind ${name}`, () => codes(editor.document.uri).includes("E0101")).catch((error: unknown) => {
          throw new Error(`${String(error)}: ${codes(editor.document.uri).join()}\n${editor.document.getText()}`);
        });
        const wrong = codes(editor.document.uri).filter((code) => code.startsWith("E00"));
        check(wrong.length === 0, `${name}: ${wrong.join()}\n${editor.document.getText()}`);
        await editor.document.save();
        await ask("workbench.action.closeActiveEditor");
      }
    },
  ],
  [
    "a doc comment goes on in the next line",
    async () => {
      const editor = await open("enter.warmor", "## What it is.");
      editor.selection = new vscode.Selection(0, 14, 0, 14);
      await ask("default:type", { text: "\n" });
      await until("the next line", () => editor.document.getText() === "## What it is.\n## ");
    },
  ],
  [
    "hover, definition, outline",
    async () => {
      const { document } = await open("look.warmor", GOOD);
      const use = at(document, "secrets\n}");
      const hovers = await until("hover", async () => {
        const found = await ask<vscode.Hover[]>("vscode.executeHoverProvider", document.uri, use);
        return found.length > 0 && found;
      });
      const shown = hovers.flatMap(({ contents }) => contents).map((part) => (typeof part === "string" ? part : part.value));
      check(shown.join().includes("/etc/shadow"), shown.join());
      const [found] = await ask<(vscode.Location | vscode.LocationLink)[]>("vscode.executeDefinitionProvider", document.uri, use);
      check(found !== undefined, "no definition");
      const range = "targetRange" in found ? found.targetRange : found.range;
      check(range.start.line === 2, JSON.stringify(found));
      const outline = await ask<vscode.DocumentSymbol[]>("vscode.executeDocumentSymbolProvider", document.uri);
      check(JSON.stringify(outline.map(({ name }) => name)).includes("keep"), JSON.stringify(outline));
    },
  ],
  [
    "formatting",
    async () => {
      const { document } = await open("format.warmor", GOOD.replace("  mode prevent", "mode    prevent"));
      const edits = await until("formatting", async () => {
        const found = await ask<vscode.TextEdit[] | undefined>("vscode.executeFormatDocumentProvider", document.uri, {
          tabSize: 2,
          insertSpaces: true,
        });
        return found !== undefined && found.length > 0 && found;
      });
      const change = new vscode.WorkspaceEdit();
      change.set(document.uri, edits);
      await vscode.workspace.applyEdit(change);
      check(document.getText() === GOOD, document.getText());
    },
  ],
  [
    "the page of a finding",
    async () => {
      const page = await vscode.workspace.openTextDocument(vscode.Uri.parse("warmor-explain:E0101.md"));
      check(page.getText().startsWith("# E0101"), page.getText());
      const before = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length;
      await ask("warmor.explain", "E0101");
      await until("a preview", () => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length > before);
    },
  ],
  [
    "`check` finds what is wrong in files that are not open",
    async () => {
      const closed = vscode.Uri.file(join(workspace(), "project", "closed.warmor"));
      await vscode.workspace.fs.writeFile(
        vscode.Uri.file(join(workspace(), "project", "warmor.toml")),
        Buffer.from('[package]\nname = "project"\nversion = "0.1.0"\n'),
      );
      await vscode.workspace.fs.writeFile(closed, Buffer.from("policy p for any {\n  deny read missing\n}\n"));
      await open("project/opened.warmor", "let a = [/a]\n");
      check((await ask<number>("warmor.check")) === 1, "`warmorc check` should end with 1");
      const found = await until("the problem", () =>
        vscode.languages.getDiagnostics(closed).find(({ source }) => source === "warmorc"),
      );
      check(String(found.code) === "E0101" && found.range.start.line === 1, JSON.stringify(found));
    },
  ],
  [
    "the test at the cursor",
    async () => {
      const editor = await open("tested.warmor", GOOD);
      editor.selection = new vscode.Selection(at(editor.document, "expect"), at(editor.document, "expect"));
      check((await ask<number>("warmor.runTestAtCursor")) === 0, "the test fails");
      editor.selection = new vscode.Selection(0, 0, 0, 0);
      check((await ask("warmor.runTestAtCursor")) === undefined, "there is no test there");
    },
  ],
  [
    "the view of tests lists and runs them",
    async () => {
      const { document } = await open("viewed.warmor", `${GOOD}${GOOD.slice(GOOD.indexOf("test")).replace("kept", "wrong").replace("deny", "allow")}`);
      await until("the list", async () => {
        const found = await ask<string[][]>("vscode.testing.getTestsInFile", document.uri);
        const names = found.map((path) => path.at(-1)?.replace(/^.*#/, "") ?? "");
        return names.includes("kept") && names.includes("wrong");
      });
      // What a run tells can be read by nobody but the editor: so a list of what is told stands in for it.
      const controller = vscode.tests.createTestController("suite", "Suite");
      list(controller, document.uri, document.getText());
      const told: string[] = [];
      const note =
        (verdict: string) =>
        ({ label }: vscode.TestItem, message?: vscode.TestMessage): void => {
          told.push([verdict, label, ...(message?.location ? [message.location.range.start.line] : [])].join(" "));
        };
      const noted = {
        started: note("started"),
        passed: note("passed"),
        failed: (item: vscode.TestItem, [message]: vscode.TestMessage[]) => note("failed")(item, message),
        errored: note("errored"),
        appendOutput: () => undefined,
        end: () => told.push("end"),
      };
      await runTests(
        { items: controller.items, createTestRun: () => noted as unknown as vscode.TestRun },
        new vscode.TestRunRequest(),
        new vscode.CancellationTokenSource().token,
      );
      controller.dispose();
      const wanted = ["started kept", "started wrong", "passed kept", "failed wrong 15", "end"];
      check(told.join() === wanted.join(), told.join());
    },
  ],
  [
    "a restarted server knows what is open",
    async () => {
      const { document } = await open("again.warmor", GOOD.replace("read secrets", "read secretz"));
      await until("the finding", () => codes(document.uri).includes("E0101"));
      await ask("warmor.restartServer");
      await until("the finding again", () => codes(document.uri).includes("E0101"));
    },
  ],
  [
    "without a server the editor stays usable",
    async () => {
      const { document } = await open("without.warmor", GOOD.replace("read secrets", "read secretz"));
      await until("the finding", () => codes(document.uri).includes("E0101"));
      const settings = vscode.workspace.getConfiguration("warmor");
      await settings.update("server.path", join(workspace(), "nothing"), vscode.ConfigurationTarget.Workspace);
      await until("no findings", () => codes(document.uri).length === 0);
      check(document.languageId === "warmor", document.languageId);
      await settings.update("server.path", undefined, vscode.ConfigurationTarget.Workspace);
      await until("the finding again", () => codes(document.uri).includes("E0101"));
    },
  ],
];

/** The result of a case, or why it has none. */
function within(body: () => Promise<void>): Promise<void> {
  const late = new Promise<never>((_, fail) => {
    setTimeout(() => fail(new Error("it never ended")), 2 * PATIENCE_MS).unref();
  });
  return Promise.race([body(), late]);
}

/** What VS Code calls. The results go into a file: there is nobody else to tell. */
export async function run(): Promise<void> {
  const result = env["WARMOR_RESULT"] ?? "result";
  let failed = 0;
  for (const [name, body] of cases) {
    const begun = Date.now();
    try {
      await within(body);
      appendFileSync(result, `ok ${name} (${Date.now() - begun} ms)\n`);
    } catch (error) {
      failed += 1;
      appendFileSync(result, `FAILED ${name}: ${String(error)}\n`);
    }
    await ask("workbench.action.closeAllEditors");
  }
  appendFileSync(result, `${cases.length - failed} passed, ${failed} failed (VS Code ${vscode.version})\n`);
}
