// Turns the wasm module into one that imports shared memory: three bytes more in its import section. One committed
// module then serves both; V8 and the others compile the same code for it.

const [importSection, memoryKind, sharedWithMaximum] = [2, 2, 3];
const header = 8;
/** 65536 pages of 64 KiB as LEB128: the largest maximum that any memory can have. */
const anyMaximum = [0x80, 0x80, 0x04];

/** @throws Error where the module does not begin with types, then one import, a memory without a maximum. */
export function importingSharedMemory(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // A section: its number, its length in bytes as LEB128, its contents.
  const [typesLength, typesAt] = number(module, header + 1);
  const section = typesAt + typesLength;
  const [length, contents] = number(module, section + 1);
  const end = contents + length;
  // The limits close the section: no maximum (0), and a least number of pages that takes one byte.
  const limits = end - 2;
  const known =
    module[section] === importSection &&
    module[contents] === 1 &&
    module[limits - 1] === memoryKind &&
    module[limits] === 0;
  if (!known || length + 3 > 127)
    throw new Error("internal: the wasm module's import is not what it should be");
  return Uint8Array.from([
    ...module.subarray(0, section),
    ...[importSection, length + 3],
    ...module.subarray(contents, limits),
    ...[sharedWithMaximum, module[end - 1]!, ...anyMaximum],
    ...module.subarray(end),
  ]);
}

/** An unsigned LEB128 number, and where it ends. */
function number(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}
