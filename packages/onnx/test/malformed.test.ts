// The hostile and odd files of the shared data, each against the verdict that its index gives.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { MpplanError } from "@mpplan/formats";
import { verify } from "@mpplan/ir";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importOnnx } from "../src/index.js";
import { sharedData } from "./model-builder.js";

interface Entry {
  file: string;
  expect: "accept" | "reject" | "either";
  why: string;
}

const source = join(sharedData(), "malformed");
const absent = !existsSync(join(source, "index.json"));
const index: Entry[] = absent
  ? []
  : (JSON.parse(readFileSync(join(source, "index.json"), "utf8")) as Entry[]);

describe.skipIf(absent)("malformed files", () => {
  let folder = "";
  beforeAll(() => {
    // A copy, so that the traversals have something to find: a file beside the folder, and a link to it.
    const root = mkdtempSync(join(tmpdir(), "mpplan-malformed-"));
    folder = join(root, "malformed");
    mkdirSync(folder);
    for (const name of readdirSync(source)) copyFileSync(join(source, name), join(folder, name));
    writeFileSync(join(root, "outside.bin"), new Uint8Array(64));
    symlinkSync(join(root, "outside.bin"), join(folder, "link.bin"));
  });
  afterAll(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

  /** What a command line would give: it resolves symbolic links, which the importer cannot see. */
  const externalData = (location: string): Uint8Array => {
    const path = realpathSync(join(folder, location));
    if (!path.startsWith(realpathSync(folder) + sep)) throw new Error("it is a link out of the folder");
    return readFileSync(path);
  };

  test("all 66 are here", () => expect(index).toHaveLength(66));

  test.each(index)("$file: $expect ($why)", ({ file, expect: verdict }) => {
    const bytes = readFileSync(join(folder, file));
    let error: unknown;
    try {
      verify(importOnnx(bytes, { externalData }));
    } catch (caught) {
      error = caught;
    }
    if (error !== undefined) expect(error).toBeInstanceOf(MpplanError);
    if (verdict !== "either") expect(error === undefined ? "accept" : "reject").toBe(verdict);
  });
});
