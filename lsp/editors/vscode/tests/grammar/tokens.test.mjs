// What the header of the lexer says of each kind of token, and where it is hard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds, ofMarkdown, tokens } from "./tokenise.mjs";

const path = "string.unquoted.path";
const glob = "keyword.operator.glob";

/** The texts that lie inside a scope: each run of its tokens as it is written. */
function inside(text, scope) {
  const lines = text.split("\n");
  const runs = [];
  let run;
  for (const { line, start, end, scopes } of tokens(text)) {
    if (!scopes.some((name) => name.startsWith(scope))) run = undefined;
    else if (run?.line === line) run.end = end;
    else runs.push((run = { line, start, end }));
  }
  return runs.map(({ line, start, end }) => lines[line].slice(start, end));
}

test("a path ends at white space, a comma, or a bracket that it did not open", () => {
  for (const [text, paths] of [
    ["deny read /srv/{a,b}/*.log because", ["/srv/{a,b}/*.log"]],
    ["let a = [/a, /b/[0-9]]", ["/a", "/b/[0-9]"]],
    ["deny read /a\\,b, /c\\ d", ["/a\\,b", "/c\\ d"]],
    ["deny read /a#b # c", ["/a#b"]],
    ["as { process.exe: /usr/sbin/nginx, process.uid: 33 }", ["/usr/sbin/nginx"]],
    ["assert \"x\" { never any can read /etc/** }", ["/etc/**"]],
    ["use web(/srv/(a)/x)", ["/srv/(a)/x"]],
    ["deny read /", ["/"]],
    ["expect deny rename /a to /b", ["/a", "/b"]],
    ["deny read /{a,[bc],{d,e}}/**", ["/{a,[bc],{d,e}}/**"]],
  ]) {
    assert.deepEqual(inside(text, path), paths, text);
  }
});

test("a path that is never closed ends with its line", () => {
  assert.deepEqual(inside("deny read /a{b\nallow write /c", path), ["/a{b", "/c"]);
});

test("globs", () => {
  assert.deepEqual(
    kinds("/a/**/?[!b]*").filter(([, kind]) => kind === glob).map(([text]) => text),
    ["**", "?", "*"],
  );
});

test("numbers", () => {
  for (const [text, kind] of [
    ["10.0.0.0/8", "constant.numeric.address"],
    ["169.254.169.254", "constant.numeric.address"],
    ["fe80::/10", "constant.numeric.address"],
    ["::1", "constant.numeric.address"],
    ["::ffff:10.0.0.1", "constant.numeric.address"],
    ["9000-9100", "constant.numeric.range"],
    ["2027-01-31", "constant.numeric.date"],
    ["65535", "constant.numeric"],
    ["12abc", "invalid.illegal.number"],
  ]) {
    assert.deepEqual(kinds(text), [[text, kind]]);
  }
  for (const unit of ["B", "KB", "MiB", "TiB", "ns", "ms", "s", "m", "h", "d", "%"]) {
    assert.deepEqual(kinds(`5${unit}`), [["5", "constant.numeric"], [unit, "keyword.other.unit"]]);
  }
  assert.deepEqual(kinds("5 - 3").map(([, kind]) => kind), ["constant.numeric", "keyword.operator.arithmetic", "constant.numeric"]);
});

test("a label is a name and a colon before a rule", () => {
  assert.deepEqual(kinds("no_shell: deny exec")[0], ["no_shell", "entity.name.label"]);
  assert.deepEqual(kinds("read: allow read")[0], ["read", "entity.name.label"]);
  assert.deepEqual(kinds("param PORT: Port")[1], ["PORT", "variable.other.constant"]);
  assert.deepEqual(kinds("{ role: binary }")[1], ["role", "variable.other"]);
});

test("comments", () => {
  assert.deepEqual(inside("## For `deny`.\npolicy", "comment.line.documentation"), ["## For `deny`."]);
  assert.deepEqual(inside("### not\na ## not either", "comment.line.documentation"), []);
  assert.deepEqual(inside("deny bpf # why \"x\" /y", "comment.line.number-sign"), ["# why \"x\" /y"]);
  assert.deepEqual(inside("\"a # b\"", "comment"), []);
});

test("strings", () => {
  assert.deepEqual(inside("because \"a \\\" deny /x\" until", "string.quoted"), ["\"a \\\" deny /x\""]);
  assert.equal(kinds("\"\\q\"")[1][1], "invalid.illegal.escape");
  // An unclosed one leaves the next line alone.
  assert.deepEqual(kinds("\"open\ndeny bpf").slice(-2), [["deny", "keyword.control.deny"], ["bpf", "support.function.action"]]);
});

test("names behind `syscall` are names, also those that are actions", () => {
  assert.deepEqual(kinds("deny syscall mount, bpf").filter(([, kind]) => kind === "constant.other.syscall"), [
    ["mount", "constant.other.syscall"],
    ["bpf", "constant.other.syscall"],
  ]);
  assert.deepEqual(kinds("deny syscall calls.dangerous").at(-1), ["dangerous", "variable.other.member"]);
  assert.deepEqual(kinds("deny syscall reboot severity high")[3], ["severity", "keyword.other.clause"]);
});

test("an attribute and its code", () => {
  assert.deepEqual(kinds("@silence(W0402, \"x\")").slice(0, 3).map(([text]) => text), ["@silence", "(", "W0402"]);
});

test("blocks in Markdown are Warmor", () => {
  const page = "text\n```warmor,fragment\ndeny bpf\n```\ndeny bpf\n";
  const inBlock = [...ofMarkdown(page)].filter(({ scopes }) => scopes.includes("keyword.control.deny.warmor"));
  assert.deepEqual(inBlock.map(({ line }) => line), [2]);
});
