// The language server as a child process: found, checked, started, and said plainly when that fails.

import * as vscode from "vscode";
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";
import * as settings from "./settings";
import { OLDEST_SERVER, isOlder, version } from "./tools";

/** The server and what the user sees of it. */
export class Server implements vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  private readonly status: vscode.LanguageStatusItem;
  private client: LanguageClient | undefined;
  /** Starting and stopping never overlap. */
  private turn: Promise<void> = Promise.resolve();

  constructor() {
    this.log = vscode.window.createOutputChannel("Warmor Language Server", { log: true });
    this.status = vscode.languages.createLanguageStatusItem("warmor.server", { language: "warmor" });
    this.status.name = "Warmor language server";
    this.status.command = { command: "warmor.showServerLog", title: "Log" };
  }

  /** Starts the server; a running one is stopped first. */
  restart(): Promise<void> {
    this.turn = this.turn.then(
      () => this.replace(),
      () => this.replace(),
    );
    return this.turn;
  }

  /** Stops the server. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) await client.stop();
    await client?.dispose();
  }

  dispose(): void {
    this.status.dispose();
    this.log.dispose();
  }

  private async replace(): Promise<void> {
    await this.stop();
    this.show("Warmor: starting", vscode.LanguageStatusSeverity.Information, true);
    const found = await settings.server();
    if ("missing" in found) {
      return this.fail(`The Warmor language server was not found: ${found.missing}.`);
    }
    const told = await version(found.program);
    if ("failure" in told) {
      return this.fail(`The Warmor language server \`${found.program}\` does not run: ${told.failure}.`);
    }
    if (isOlder(told.version, OLDEST_SERVER)) {
      return this.fail(
        `The Warmor language server \`${found.program}\` is too old: it is ${told.version}, and this extension needs ${OLDEST_SERVER}.`,
      );
    }
    this.log.info(`${found.program} ${told.version}`);
    await this.start(found.program, told.version);
  }

  private async start(program: string, told: string): Promise<void> {
    const server: ServerOptions = { command: program, args: [] };
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "warmor" },
        { scheme: "untitled", language: "warmor" },
      ],
      initializationOptions: settings.forServer(),
      outputChannel: this.log,
      markdown: { isTrusted: false, supportHtml: false },
    };
    const client = new LanguageClient("warmor", "Warmor Language Server", server, options);
    client.onDidChangeState(({ newState }) => {
      if (this.client !== client) return;
      if (newState === State.Running) {
        this.show(`warmor-lsp ${told}`, vscode.LanguageStatusSeverity.Information);
      } else if (newState === State.Stopped) {
        this.show("Warmor: the language server has stopped", vscode.LanguageStatusSeverity.Error);
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      await this.fail(`The Warmor language server did not start: ${String(error)}.`);
    }
  }

  private show(text: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    Object.assign(this.status, { text, severity, busy });
  }

  /** Says what is wrong, and what can be done. Highlighting and snippets go on working. */
  private async fail(message: string): Promise<void> {
    this.log.error(message);
    this.show("Warmor: no language server", vscode.LanguageStatusSeverity.Error);
    const [open, again] = ["Open Settings", "Try Again"];
    // Not waited for: a question that nobody answers must not keep the extension from becoming active.
    void vscode.window
      .showErrorMessage(
        `${message} Install \`warmor-lsp\` (\`cargo install --path lsp/server\` in Warmor's sources) or set \`warmor.server.path\`.`,
        open,
        again,
      )
      .then((answer) => {
        if (answer === open) {
          return vscode.commands.executeCommand("workbench.action.openSettings", "warmor.server.path");
        }
        return answer === again ? this.restart() : undefined;
      });
  }
}
