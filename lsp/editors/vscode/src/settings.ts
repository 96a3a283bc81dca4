// What the user set, read anew each time: nothing here is remembered.

import * as vscode from "vscode";
import { type Found, find } from "./tools";

function setting<T>(key: string, scope?: vscode.Uri): T {
  // Every key has a default in package.json.
  return vscode.workspace.getConfiguration("warmor", scope).get<T>(key) as T;
}

/** The language server. */
export function server(): Promise<Found> {
  return program("warmor-lsp", setting<string>("server.path"));
}

/** The compiler. */
export function compiler(): Promise<Found> {
  return program("warmorc", setting<string>("compiler.path"));
}

function program(name: string, path: string): Promise<Found> {
  const folders = (vscode.workspace.workspaceFolders ?? [])
    .filter((folder) => folder.uri.scheme === "file")
    .map((folder) => folder.uri.fsPath);
  return find({ name, setting: path, folders, path: process.env["PATH"] ?? "" });
}

/** The page of the playground, or nothing. */
export function playground(): string {
  return setting<string>("playground.url").trim();
}

/** What the server is told. */
export function forServer(): { prove: boolean; test: boolean; costHints: boolean; target: string | null } {
  return {
    prove: setting<boolean>("prove"),
    test: setting<boolean>("runTests"),
    costHints: setting<boolean>("costHints"),
    target: setting<string>("target").trim() || null,
  };
}
