// What stands in the address of the playground.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { load } from "./load.mjs";

const { address } = await load("src/playground.ts");

test("the text comes back", async () => {
  const text = "policy p for any { deny read /ä/** }\n".repeat(100);
  const whole = new URL(await address("https://example.com/play#old", text));
  assert.equal(whole.origin + whole.pathname, "https://example.com/play");
  const [, packed] = /^#code\/([A-Za-z0-9_-]+)$/.exec(whole.hash);
  assert.equal(inflateRawSync(Buffer.from(packed, "base64url")).toString(), text);
});

test("a text that does not fit is not cut", async () => {
  assert.equal(await address("https://example.com/", randomBytes(40_000).toString("hex")), undefined);
});
