// Digests: of a model's bytes, and of a set of samples whatever their order.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { IrError } from "./errors.js";
import { quote, type Digest } from "./graph.js";
import { bytesOf, type Tensor } from "./types.js";

/** `sha256:<hex>` of the parts, one after another. */
export function digestOf(...parts: Uint8Array[]): Digest {
  const digest = new ByteDigest();
  for (const part of parts) digest.add(part);
  return digest.finish();
}

/** The same for bytes that come piece by piece, so that nobody has to hold them all. */
export class ByteDigest {
  private readonly hash = sha256.create();

  add(part: Uint8Array): void {
    this.hash.update(part);
  }

  /** `sha256:<hex>` of all that was added; nothing may be added afterwards. */
  finish(): Digest {
    return `sha256:${bytesToHex(this.hash.digest())}`;
  }
}

/**
 * A digest of a multiset: the sum of its elements' SHA-256, modulo 2^256 (the additive multiset hash of
 * Clarke et al., 2003). Any order and any split into shards give the same digest.
 */
export class SetDigest {
  private sum: bigint;

  /** @throws IrError `wrong-document` for a text that no set of samples has. */
  constructor(text: Digest = "sum256:0") {
    const digits = /^sum256:([0-9a-f]{1,64})$/.exec(text)?.[1];
    if (digits === undefined) {
      throw new IrError("wrong-document", {
        what: `${quote(text)} is no digest of samples`,
        where: "the digest of a document's data",
        next: "use a document as mpplan wrote it",
      });
    }
    this.sum = BigInt(`0x${digits}`);
  }

  /** Adds one sample: its inputs by name. */
  add(sample: ReadonlyMap<string, Tensor>): void {
    const hash = sha256.create();
    const text = new TextEncoder();
    for (const name of [...sample.keys()].sort()) {
      const t = sample.get(name)!;
      hash.update(text.encode(JSON.stringify([name, t.elem, t.dims])));
      hash.update(bytesOf(t));
    }
    this.sum = BigInt.asUintN(256, this.sum + BigInt(`0x${bytesToHex(hash.digest())}`));
  }

  merge(other: SetDigest): void {
    this.sum = BigInt.asUintN(256, this.sum + other.sum);
  }

  toString(): Digest {
    return `sum256:${this.sum.toString(16)}`;
  }
}
