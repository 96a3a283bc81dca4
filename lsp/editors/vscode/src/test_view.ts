// Policies' tests in the editor's own view of tests: found while typing, run by `warmorc`, failures shown where they stand.

import { execFile } from "node:child_process";
import { dirname } from "node:path";
import * as vscode from "vscode";
import { compiler, program } from "./tasks";
import { type Outcome, outcomes, testsIn } from "./tests";

/** More output than this is none of a report. */
const LONGEST_REPORT = 64 << 20;

export function register(): vscode.Disposable[] {
  const controller = vscode.tests.createTestController("warmor", "Warmor");
  const all = async (): Promise<void> => {
    const files = await vscode.workspace.findFiles("**/*.warmor");
    await Promise.all(
      files.map(async (file) => {
        const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
        list(controller, file, text);
      }),
    );
  };
  const ofDocument = (document: vscode.TextDocument): void => {
    if (document.languageId === "warmor" && document.uri.scheme === "file") {
      list(controller, document.uri, document.getText());
    }
  };
  controller.resolveHandler = (item) => (item === undefined ? all() : undefined);
  controller.refreshHandler = all;
  controller.createRunProfile(
    "Run",
    vscode.TestRunProfileKind.Run,
    (request, token) => run(controller, request, token),
    true,
  );
  vscode.workspace.textDocuments.forEach(ofDocument);
  return [
    controller,
    vscode.workspace.onDidOpenTextDocument(ofDocument),
    vscode.workspace.onDidChangeTextDocument(({ document }) => ofDocument(document)),
    vscode.workspace.onDidDeleteFiles(({ files }) => files.forEach((file) => controller.items.delete(String(file)))),
  ];
}

/** Lists the tests of a file, below the file. */
export function list(controller: vscode.TestController, file: vscode.Uri, text: string): void {
  const found = testsIn(text);
  if (found.length === 0) {
    controller.items.delete(String(file));
    return;
  }
  const ofFile =
    controller.items.get(String(file)) ??
    controller.createTestItem(String(file), vscode.workspace.asRelativePath(file), file);
  controller.items.add(ofFile);
  ofFile.children.replace(
    found.map(({ name, line }) => {
      const item = controller.createTestItem(`${String(file)}#${name}`, name, file);
      item.range = new vscode.Range(line, 0, line, 0);
      return item;
    }),
  );
}

const children = (items: vscode.TestItemCollection): vscode.TestItem[] => [...items].map(([, item]) => item);

/** Runs what is asked for, else everything that is listed. */
export async function run(
  controller: Pick<vscode.TestController, "createTestRun" | "items">,
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
): Promise<void> {
  const tool = await compiler();
  if (tool === undefined) return;
  await vscode.workspace.saveAll(false);
  const excluded = new Set(request.exclude?.map(({ id }) => id));
  const asked = (request.include ?? children(controller.items))
    .flatMap((item) => (item.children.size > 0 ? children(item.children) : [item]))
    .filter((item) => !excluded.has(item.id) && !excluded.has(item.parent?.id ?? ""));
  const testRun = controller.createTestRun(request);
  asked.forEach((item) => testRun.started(item));

  // One call for each program, whatever the number of its tests.
  const programs = new Map<string, vscode.TestItem[]>();
  for (const item of asked) {
    const path = item.uri && (await program(item.uri));
    if (path !== undefined) programs.set(path, [...(programs.get(path) ?? []), item]);
  }
  for (const [path, items] of programs) {
    if (token.isCancellationRequested) break;
    const only = items.length === 1 && items[0] !== undefined ? ["--filter", items[0].label] : [];
    const { output, problems } = await report(tool, [...only, path], dirname(path), token);
    const found = outcomes(output, dirname(path));
    for (const item of items) tell(testRun, item, found, problems);
  }
  testRun.end();
}

/** What `warmorc test` prints of a program. */
function report(
  tool: string,
  options: string[],
  folder: string,
  token: vscode.CancellationToken,
): Promise<{ output: string; problems: string }> {
  return new Promise((settle) => {
    const child = execFile(
      tool,
      ["test", "--format", "json", "--color", "never", ...options],
      { cwd: folder, maxBuffer: LONGEST_REPORT, windowsHide: true },
      (error, output, problems) => settle({ output, problems: problems.trim() || (error?.message ?? "") }),
    );
    token.onCancellationRequested(() => child.kill());
  });
}

function tell(
  testRun: vscode.TestRun,
  item: vscode.TestItem,
  found: Outcome[] | undefined,
  problems: string,
): void {
  const outcome = found?.find(({ file, name }) => file === item.uri?.fsPath && name === item.label);
  // A terminal shows it: lines end with both characters.
  const say = (text: string): void => testRun.appendOutput(`${text.replace(/\r?\n/g, "\r\n")}\r\n`, undefined, item);
  if (outcome === undefined) {
    const why = problems || "`warmorc test` says nothing of this test";
    say(why);
    testRun.errored(item, new vscode.TestMessage(why));
  } else if (outcome.failures.length === 0) {
    say(`ok ${item.label}`);
    testRun.passed(item);
  } else {
    say([`FAILED ${item.label}`, ...outcome.failures.map(({ text }) => text)].join("\n"));
    const messages = outcome.failures.map(({ text, file, start, end }) => {
      const message = new vscode.TestMessage(text);
      const range = new vscode.Range(start.line, start.column, end.line, end.column);
      message.location = new vscode.Location(vscode.Uri.file(file), range);
      return message;
    });
    testRun.failed(item, messages);
  }
}
