// Damage, as accidents and enemies do it: to bytes, and to fields while the file stays well-formed. All of it follows
// from a seed and a number, so that a finding is two numbers.
import { concat, WireType } from "../../../onnx/src/wire.js";
import { listsOf, parseTree, printTree, type Branch } from "./wire-tree.js";

export type Random = () => number;

/** mulberry32: a small generator with a seed. */
export function generator(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mutant number `index` of a corpus: up to three changes to one of its files. */
export function mutant(corpus: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  const random = generator(Math.imul(seed, 0x9e3779b1) ^ index);
  let bytes = weighted(corpus, random);
  for (let changes = 1 + below(3, random); changes > 0 && bytes.length > 0; changes--) {
    bytes = random() < 0.3 ? changeBytes(bytes, corpus, random) : changeTree(bytes, random);
  }
  return bytes;
}

/** Small files are tried more often: each of their bytes counts, and they are quick. */
function weighted(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const weights = corpus.map(({ length }) => 1 / (length + 2000));
  let at = random() * weights.reduce((a, b) => a + b, 0);
  return corpus[weights.findIndex((weight) => (at -= weight) < 0)] ?? corpus[0]!;
}

const below = (n: number, random: Random): number => Math.floor(random() * n);
const pick = <T>(list: readonly T[], random: Random): T => list[below(list.length, random)]!;

const oddBytes = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x3a, 0x0b, 0x0c];

function changeBytes(bytes: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const at = below(bytes.length, random);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const byte = random() < 0.5 ? pick(oddBytes, random) : below(256, random);
  const overwrite = (value: number): Uint8Array =>
    concat([before, Uint8Array.of(value), bytes.subarray(at + 1)]);
  switch (below(7, random)) {
    case 0:
      return overwrite(bytes[at]! ^ (1 << below(8, random)));
    case 1:
      return overwrite(byte);
    case 2:
      return concat([before, Uint8Array.of(byte), after]);
    case 3:
      return concat([before, bytes.subarray(at + 1 + below(8, random))]);
    case 4:
      return before.slice();
    case 5: {
      // A piece of another file, or of this one, put in or over.
      const other = pick(corpus, random);
      const from = below(other.length, random);
      const piece = other.subarray(from, from + 1 + below(64, random));
      return concat([before, piece, random() < 0.5 ? after : bytes.subarray(at + piece.length)]);
    }
    default:
      // What may be a length becomes a number of many bytes.
      return concat([before, Uint8Array.from(varint(pick(oddNumbers, random))), bytes.subarray(at + 1)]);
  }
}

const oddNumbers = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 64n, 127n, 128n, 255n, 2n ** 16n, 2n ** 24n, 2n ** 31n - 1n, 2n ** 31n],
  ...[
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 62n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ],
];

/** The bytes of a varint of up to 64 bits. */
function varint(value: bigint): number[] {
  const out: number[] = [];
  for (; value >= 0x80n; value >>= 7n) out.push(Number(value & 0x7fn) | 0x80);
  return [...out, Number(value)];
}

const oddTexts = ["", "x", "y", "__proto__", "constructor", "toString", "\0", "..", "../w.bin", "é\u{1f600}"];

function changeTree(bytes: Uint8Array, random: Random): Uint8Array {
  let tree: Branch[];
  try {
    tree = parseTree(bytes);
  } catch {
    // An earlier change has broken the file: only bytes are left to change.
    return changeBytes(bytes, [bytes], random);
  }
  const lists = [...listsOf(tree)].filter((list) => list.length > 0);
  if (lists.length === 0) return bytes;
  const list = pick(lists, random);
  const at = below(list.length, random);
  const branch = list[at]!;
  const others = (): Branch[] => pick(lists, random);
  switch (below(8, random)) {
    case 0: {
      // The same again: fields that may stand once, lists that grow.
      const times = pick([1, 1, 2, 100], random);
      if (branch.value.length * times < 2 ** 20) list.splice(at, 0, ...Array<Branch>(times).fill(branch));
      break;
    }
    case 1:
      list.splice(at, 1);
      break;
    case 2: {
      // Two subtrees change places, wherever they are.
      const other = others();
      const there = below(other.length, random);
      [list[at], other[there]] = [other[there]!, branch];
      if (contains(list[at]!, list) || contains(other[there], other)) return bytes;
      break;
    }
    case 3:
      branch.number = pick([...Array(30).keys(), 2 ** 28], random) + 1;
      break;
    case 4:
    case 5: {
      const numbers = [...listsOf(tree)].flat().filter(({ wireType }) => wireType === WireType.varint);
      if (numbers.length > 0) pick(numbers, random).value = Uint8Array.from(varint(pick(oddNumbers, random)));
      break;
    }
    case 6: {
      // One text becomes another of the same file: values get other names, nodes other operators.
      const texts = [...listsOf(tree)].flat().filter(isText);
      if (texts.length === 0) break;
      const odd = new TextEncoder().encode(pick(oddTexts, random));
      pick(texts, random).value = random() < 0.3 ? odd : pick(texts, random).value;
      break;
    }
    default: {
      // A list of packed integers, such as pads, gets other numbers.
      const packed = [...listsOf(tree)].flat().filter((b) => isText(b) && b.value.every((x) => x < 0x80));
      if (packed.length === 0) break;
      const target = pick(packed, random);
      const values = [...target.value].map((x) => (random() < 0.3 ? varint(pick(oddNumbers, random)) : [x]));
      target.value = Uint8Array.from(values.flat());
    }
  }
  return printTree(tree);
}

const isText = ({ wireType, children, value }: Branch): boolean =>
  wireType === WireType.bytes && children === null && value.length <= 100;

/** True where the list lies inside the branch: a tree that holds itself has no end. */
function contains(branch: Branch, list: Branch[]): boolean {
  return (
    branch.children !== null && (branch.children === list || branch.children.some((b) => contains(b, list)))
  );
}
