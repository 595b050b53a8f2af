// NumPy's .npy: one array with a header that is a Python dict. Both directions, versions 1 to 3 of the header.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { binary16, decode } from "@mpplan/formats";
import {
  allocate,
  inStorage,
  isNarrow,
  numericData,
  type ElementType,
  type NumericData,
  type Tensor,
} from "@mpplan/ir";
import { bytesOf, elementCount, numbersFrom, type DataArray } from "./array.js";
import { badData, InputError } from "./errors.js";

/** The first bytes of every .npy file, as Latin-1. */
export const npyMagic = "\x93NUMPY";

/** Header lengths beyond this belong to structured types or to garbage. */
const longestHeader = 2 ** 16;

/** Kind and width of a NumPy type, to ours. */
const types: Readonly<Record<string, ElementType | "float16">> = {
  b1: "bool",
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
};

interface Header {
  readonly elem: ElementType | "float16";
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly dims: number[];
  /** Where the numbers begin. */
  readonly end: number;
}

/** Reads a .npy file; float16 is widened to float32. @throws InputError `bad-data`, `unknown-format`. */
export function parseNpy(bytes: Uint8Array, name: string): DataArray {
  const { elem, littleEndian, fortran, dims, end } = readHeader(bytes, name);
  const count = elementCount(dims, name);
  const width = elem === "float16" ? 2 : allocate(elem, 0).BYTES_PER_ELEMENT;
  const given = bytes.length - end;
  if (given !== count * width) {
    const needs = `${elem}[${dims.join(", ")}] takes ${count * width} bytes, but ${given} follow the header`;
    throw badData(
      name,
      needs,
      given < count * width ? "the file is cut short: write or copy it again" : undefined,
    );
  }
  const numbers = numbersFrom(bytes.subarray(end), elem === "float16" ? "uint16" : elem, littleEndian);
  const stored = elem === "float16" ? widen(numbers as Uint16Array) : numbers;
  if (elem === "bool" && bytes.subarray(end).some((byte) => byte > 1)) {
    throw badData(name, "A bool array has a byte that is neither 0 nor 1");
  }
  const data = fortran && dims.length > 1 ? toRowMajor(stored, dims) : stored;
  return { tensor: { elem: elem === "float16" ? "float32" : elem, dims, data }, stored: elem, name: null };
}

/**
 * Writes a .npy file, as `np.save` does. Same tensor, same bytes. Floats that are narrower than binary32 are written
 * as float32, integers of 4 and 2 bits as bytes. @throws IrError `wrong-element` for strings.
 */
export function writeNpy(t: Tensor): Uint8Array {
  const { dims } = t;
  const data = numericData(inStorage(t));
  const elem = isNarrow(t.elem) ? "float32" : t.elem.replace(/int[24]$/, "int8");
  const kind = Object.keys(types).find((key) => types[key] === elem)!;
  const descr = `${data.BYTES_PER_ELEMENT === 1 ? "|" : "<"}${kind}`;
  const shape = `(${dims.join(", ")}${dims.length === 1 ? "," : ""})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The numbers begin at a multiple of 64 bytes, so that the file can be mapped into memory.
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const text = `${dict.padEnd(total - 11)}\n`;
  const body = bytesOf(data);
  const out = new Uint8Array(total + body.length);
  out.set(Uint8Array.from(npyMagic, (c) => c.charCodeAt(0)));
  out.set([1, 0, text.length & 255, text.length >> 8], 6);
  out.set(
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    10,
  );
  out.set(body, total);
  return out;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  const cutShort = (): InputError =>
    badData(name, "The file ends inside its npy header", "the file is cut short: write or copy it again");
  if (bytes.length < 10) throw cutShort();
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw badData(name, `There is no version ${version}.${bytes[7]} of the npy header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version > 1 && bytes.length < 12) throw cutShort();
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader)
    throw badData(name, `An npy header of ${length} bytes is no header of a plain array`);
  const end = start + length;
  if (end > bytes.length) throw cutShort();
  const dict = parseDict(new TextDecoder().decode(bytes.subarray(start, end)), name);
  return { ...parseDescr(dict.get("descr") ?? "", name), ...parseLayout(dict, name), end };
}

/** The dict literal that NumPy writes: three keys, and of Python's values only those that they can have. */
function parseDict(text: string, name: string): Map<string, string> {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw badData(name, "The npy header is no dict");
  const entry = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([\dL,\s]*\)|\[[^]*\])\s*(?:,|$)\s*/y;
  const dict = new Map<string, string>();
  while (entry.lastIndex < body.length) {
    const match = entry.exec(body);
    if (!match)
      throw badData(name, `The npy header ${JSON.stringify(text.slice(0, 120))} cannot be understood`);
    dict.set(match[2]!, match[3]!);
  }
  return dict;
}

function parseDescr(descr: string, name: string): Pick<Header, "elem" | "littleEndian"> {
  const match = /^['"]([<>|=]?)([a-zA-Z?]\d*)['"]$/.exec(descr);
  const elem = match && types[match[2] === "?" ? "b1" : match[2]!];
  if (match && elem) return { elem, littleEndian: match[1] !== ">" };
  if (descr === "") throw badData(name, "The npy header does not tell the element type");
  const [what, next] = describeForeign(descr.replace(/['"]/g, ""));
  throw new InputError("unknown-format", { what, where: name, next });
}

function describeForeign(descr: string): [what: string, next: string] {
  const plain = "save numbers: array.astype(np.float32)";
  if (descr.startsWith("["))
    return ["The array has a structured type, with named fields", "save one field per file"];
  const kind = descr.replace(/^[<>|=]/, "");
  switch (kind.charAt(0)) {
    case "O":
      return ["The array holds Python objects, which only Python can unpickle", plain];
    case "c":
      return ["The array holds complex numbers", "save real and imaginary parts as inputs of their own"];
    case "S":
    case "U":
      return ["The array holds text", plain];
    case "V":
      return ["The array holds raw bytes (bfloat16 and other added types are saved so)", plain];
    case "M":
    case "m":
      return ["The array holds dates or times", plain];
    default:
      return [`The array has the element type ${JSON.stringify(descr.slice(0, 40))}`, plain];
  }
}

function parseLayout(dict: ReadonlyMap<string, string>, name: string): Pick<Header, "fortran" | "dims"> {
  const order = dict.get("fortran_order");
  const shape = dict.get("shape");
  if ((order !== "True" && order !== "False") || !shape?.startsWith("(")) {
    throw badData(name, "The npy header does not tell the order and the shape");
  }
  const inside = shape.slice(1, -1).trim();
  // A trailing comma marks a tuple of one; Python 2 wrote an L after long integers.
  const parts = inside === "" ? [] : inside.replace(/,\s*$/, "").split(",");
  const dims = parts.map((part) => (/^\s*\d{1,16}L?\s*$/.test(part) ? parseInt(part.trim(), 10) : NaN));
  if (dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw badData(name, `The npy header states the shape ${shape.slice(0, 60)}`);
  }
  return { fortran: order === "True", dims };
}

let halves: Float32Array | undefined;

/** binary16 codes to numbers, by a table of all 65,536. */
function widen(codes: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, code) => decode(code, binary16));
  return Float32Array.from(codes, (code) => halves![code]!);
}

/** First index fastest to last index fastest. */
function toRowMajor(data: NumericData, dims: readonly number[]): NumericData {
  const out = data.slice();
  const index = dims.map(() => 0);
  // The place of `index` in the column-major source, kept up to date while the index counts up.
  const strides = dims.map((_, axis) => dims.slice(0, axis).reduce((product, dim) => product * dim, 1));
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
