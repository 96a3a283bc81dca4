// Tests of policies: found in a text, and read from the compiler's report.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { outcomes, testAround, testsIn } = await load("src/tests.ts");

const TEXT = `policy p for any {
  deny bpf
}

test "one" {
  expect deny bpf
}

# test "no"
test "with \\"quotes\\"" {
  expect deny bpf
}
let a = [/a]
`;

test("tests are found by their lines", () => {
  assert.deepEqual(testsIn(TEXT), [
    { name: "one", line: 4 },
    { name: 'with "quotes"', line: 9 },
  ]);
});

test("a line belongs to the test above it, until another item begins", () => {
  const around = TEXT.split("\n").map((_, line) => testAround(TEXT, line));
  const second = 'with "quotes"';
  assert.deepEqual(around, [
    ...[undefined, undefined, undefined, undefined],
    ...["one", "one", "one", "one", "one"],
    ...[second, second, second, undefined, undefined],
  ]);
});

test("a report", () => {
  const place = (line, column, end) => ({ file: "a/b.warmor", start: { line, column }, end: { line, column: end } });
  const report = {
    version: 1,
    tests: [
      { name: "good", place: place(3, 1, 9), passed: true, expectations: 1, failures: [] },
      {
        name: "bad",
        place: place(7, 1, 9),
        passed: false,
        expectations: 1,
        failures: [{ expectation: "expect deny bpf", place: place(8, 3, 18), message: "it is allowed", details: ["no rule"] }],
      },
    ],
  };
  assert.deepEqual(outcomes(JSON.stringify(report), "/project"), [
    { file: "/project/a/b.warmor", name: "good", failures: [] },
    {
      file: "/project/a/b.warmor",
      name: "bad",
      failures: [
        {
          text: "expect deny bpf: it is allowed\nno rule",
          file: "/project/a/b.warmor",
          start: { line: 7, column: 2 },
          end: { line: 7, column: 17 },
        },
      ],
    },
  ]);
  assert.equal(outcomes("", "/project"), undefined);
});
