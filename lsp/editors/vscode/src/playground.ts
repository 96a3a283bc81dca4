// The address of a policy in the playground. No part of this file knows an editor, so that it can be tried alone.

import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";

/** Above this many characters, browsers and the system's way to open an address cut it off. */
const LONGEST_ADDRESS = 32_000;

/**
 * The page with the policy behind the `#`, which a browser sends to nobody: `code/` and the text, deflated (RFC 1951) and in
 * URL-safe base64 (RFC 4648, section 5). Nothing when that is too long for an address.
 */
export async function address(page: string, text: string): Promise<string | undefined> {
  const packed = await promisify(deflateRaw)(Buffer.from(text, "utf8"), { level: 9 });
  const whole = `${page.replace(/#.*$/, "")}#code/${packed.toString("base64url")}`;
  return whole.length <= LONGEST_ADDRESS ? whole : undefined;
}
