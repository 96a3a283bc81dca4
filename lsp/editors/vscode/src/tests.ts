// The tests of a policy: where they stand in a text, and what `warmorc test --format json` says of them. No part of this file
// knows an editor, so that it can be tried alone.

import { resolve } from "node:path";

/** A test in a text; lines are counted from 0. */
export interface TestInText {
  name: string;
  line: number;
}

const TEST = /^[ \t]*test[ \t]+"((?:[^"\\]|\\.)*)"/;

/** The tests of a text, in its order. */
export function testsIn(text: string): TestInText[] {
  return text.split(/\r?\n/).flatMap((content, line) => {
    const name = TEST.exec(content)?.[1];
    return name === undefined ? [] : [{ name: name.replace(/\\(["\\])/g, "$1"), line }];
  });
}

/** The name of the test that a line belongs to: an item begins where its line is not indented. */
export function testAround(text: string, line: number): string | undefined {
  const begun = testsIn(text).findLast((test) => test.line <= line);
  if (begun === undefined) return undefined;
  const between = text.split(/\r?\n/).slice(begun.line + 1, line + 1);
  return between.some((content) => /^[a-z@]/.test(content)) ? undefined : begun.name;
}

/** What the compiler says of an expectation that does not hold; lines and columns from 0. */
export interface Failure {
  text: string;
  file: string;
  start: { line: number; column: number };
  end: { line: number; column: number };
}

/** What became of a test. */
export interface Outcome {
  file: string;
  name: string;
  failures: Failure[];
}

interface Place {
  file: string;
  start: { line: number; column: number };
  end: { line: number; column: number };
}

interface Report {
  tests: {
    name: string;
    place: Place;
    passed: boolean;
    failures: { expectation: string; message: string; details: string[]; place: Place }[];
  }[];
}

/** Reads a report whose paths are relative to a folder. Nothing when it is none: the program has errors. */
export function outcomes(report: string, folder: string): Outcome[] | undefined {
  let read: Report;
  try {
    read = JSON.parse(report) as Report;
  } catch {
    return undefined;
  }
  const from0 = ({ line, column }: Place["start"]): Place["start"] => ({ line: line - 1, column: column - 1 });
  return read.tests.map(({ name, place, failures }) => ({
    file: resolve(folder, place.file),
    name,
    failures: failures.map(({ expectation, message, details, place: where }) => ({
      text: [`${expectation}: ${message}`, ...details].join("\n"),
      file: resolve(folder, where.file),
      start: from0(where.start),
      end: from0(where.end),
    })),
  }));
}
