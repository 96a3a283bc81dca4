// A compiler with a defect: the module, in which one exported function does nothing but trap.

import { readFile } from "node:fs/promises";

const UNREACHABLE = 0x00;
const NOP = 0x01;
const END = 0x0b;
const SECTION = { import: 2, export: 7, code: 10 };
const FUNCTION = 0;

/** Reads a module from its beginning. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte() {
    return this.bytes[this.at++];
  }
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  name() {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
  limits() {
    const flags = this.byte();
    this.number();
    if (flags & 1) this.number();
  }
}

/** The module at a path with that function in the place of its own. */
export async function trapping(path, exported) {
  const bytes = new Uint8Array(await readFile(path));
  const reader = new Reader(bytes, 8);
  let imported = 0;
  let wanted;
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const size = reader.number();
    const end = reader.at + size;
    if (id === SECTION.import) {
      for (let count = reader.number(); count > 0; count -= 1) {
        reader.name();
        reader.name();
        const kind = reader.byte();
        if (kind === FUNCTION) imported += 1;
        if (kind === 1) reader.byte();
        if (kind === 1 || kind === 2) reader.limits();
        else if (kind === 3) reader.at += 2;
        else reader.number();
      }
    } else if (id === SECTION.export) {
      for (let count = reader.number(); count > 0; count -= 1) {
        const [name, kind, index] = [reader.name(), reader.byte(), reader.number()];
        if (name === exported && kind === FUNCTION) wanted = index - imported;
      }
    } else if (id === SECTION.code) {
      if (wanted === undefined || wanted < 0) throw new Error(`the module exports no ${exported} of its own`);
      reader.number();
      const skip = () => {
        const length = reader.number();
        reader.at += length;
      };
      for (let i = 0; i < wanted; i += 1) skip();
      const body = reader.number();
      const last = reader.at + body - 1;
      for (let groups = reader.number(); groups > 0; groups -= 1) {
        reader.number();
        reader.byte();
      }
      bytes.fill(NOP, reader.at, last);
      bytes[reader.at] = UNREACHABLE;
      if (bytes[last] !== END) throw new Error("a function does not end where it should");
    }
    reader.at = end;
  }
  if (!WebAssembly.validate(bytes)) throw new Error("what was made is no module");
  return Buffer.from(bytes);
}
