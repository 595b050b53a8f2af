import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkFileSize } from "@mpplan/onnx";
import { InputError } from "../data/errors.js";
import { InferenceSession } from "../node.js";
import { externalFiles, readBytes, writeAtomically } from "./files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mpplan-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "done";
}

test("a file is read whole", () => {
  writeFileSync(join(folder, "a"), Uint8Array.of(1, 2, 3));
  writeFileSync(join(folder, "empty"), "");
  expect(readBytes(join(folder, "a"))).toEqual(Uint8Array.of(1, 2, 3));
  expect(readBytes(join(folder, "empty"))).toEqual(new Uint8Array(0));
});

test("what cannot be read says why, with the path", async () => {
  const missing = join(folder, "missing.npy");
  expect(await refusal(() => readBytes(missing))).toMatch(new RegExp(`^not-found: [^]*where: ${missing}`));
  expect(await refusal(() => readBytes(join(folder, "a", "b")))).toMatch(/^not-found/);
  expect(await refusal(() => readBytes(folder))).toMatch(/^unreadable: This is a folder/);
  expect(await refusal(() => readBytes("/dev/zero"))).toMatch(/^unreadable: This is a device/);
  symlinkSync("loop", join(folder, "loop"));
  expect(await refusal(() => readBytes(join(folder, "loop")))).toMatch(/^unreadable: This symbolic link/);
});

test("a file is written, replaced, and nothing is left beside it", async () => {
  const path = join(folder, "out.json");
  await writeAtomically(path, "first");
  await writeAtomically(
    path,
    Uint8Array.from("second", (c) => c.charCodeAt(0)),
  );
  expect(readFileSync(path, "utf8")).toBe("second");
  expect(readdirSync(folder)).toEqual(["out.json"]);
});

test("permissions and symbolic links outlive a replacement", async () => {
  const path = join(folder, "real");
  writeFileSync(path, "old");
  chmodSync(path, 0o600);
  symlinkSync("real", join(folder, "link"));
  await writeAtomically(join(folder, "link"), "new");
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder).sort()).toEqual(["link", "real"]);
});

test("a place that cannot be written to is refused with a reason", async () => {
  expect(await refusal(() => writeAtomically(join(folder, "no", "out"), "x"))).toMatch(
    /^unwritable: There is no folder/,
  );
  expect(await refusal(() => writeAtomically(folder, "x"))).toMatch(/^unwritable: This is a folder/);
  expect(existsSync(join(folder, "no"))).toBe(false);
});

test("a device is written to, not replaced", async () => {
  await writeAtomically("/dev/null", "x");
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("a run that is interrupted while it writes leaves the old file and no other", async () => {
  const path = join(folder, "out");
  writeFileSync(path, "old");
  const source = new URL("./files.ts", import.meta.url).href;
  // The write is large enough to take a while; the signal comes as soon as the temporary file is there.
  const program = `
    const { writeAtomically } = await import(${JSON.stringify(source)});
    const { readdirSync } = await import("node:fs");
    const timer = setInterval(() => {
      if (readdirSync(${JSON.stringify(folder)}).length > 1) { clearInterval(timer); process.kill(process.pid, "SIGINT"); }
    }, 0);
    await writeAtomically(${JSON.stringify(path)}, new Uint8Array(2 ** 27));`;
  const child = spawn(
    process.execPath,
    ["--conditions=@mpplan/source", "--import", "tsx", "--input-type=module", "-e", program],
    { stdio: "ignore" },
  );
  const signal = await new Promise((resolve) => child.on("exit", (_, name) => resolve(name)));
  expect(signal).toBe("SIGINT");
  expect(readdirSync(folder)).toEqual(["out"]);
  expect(readFileSync(path, "utf8")).toBe("old");
});

test("a model's external data stays in its folder", async () => {
  const home = join(folder, "model");
  mkdirSync(join(home, "weights"), { recursive: true });
  writeFileSync(join(home, "weights", "a.bin"), "inside");
  writeFileSync(join(folder, "secret"), "outside");
  mkdirSync(join(folder, "model-2"));
  writeFileSync(join(folder, "model-2", "b.bin"), "outside");
  symlinkSync("weights/a.bin", join(home, "inner"));
  symlinkSync("../secret", join(home, "outer"));
  symlinkSync("../model-2", join(home, "sibling"));
  symlinkSync("/dev/zero", join(home, "device"));
  const files = externalFiles(join(home, "model.onnx"));
  const read = (location: string) => files.read(location, 0, files.size(location));
  expect(Buffer.from(read("weights/a.bin")).toString()).toBe("inside");
  expect(Buffer.from(read("inner")).toString()).toBe("inside");
  for (const location of ["outer", "sibling/b.bin", "device"]) {
    expect(await refusal(() => read(location))).toMatch(/^unreadable: .*leads out/);
  }
  expect(await refusal(() => read("weights"))).toMatch(/^unreadable/);
  expect(await refusal(() => read("missing.bin"))).toMatch(/^not-found/);
  expect(() => read("../secret")).toThrow("leaves the model's folder");
});

test("a pipe beside a model is refused, and nobody waits for its writer", async () => {
  spawnSync("mkfifo", [join(folder, "pipe")]);
  expect(statSync(join(folder, "pipe")).isFIFO()).toBe(true);
  const files = externalFiles(join(folder, "model.onnx"));
  expect(await refusal(() => files.size("pipe"))).toMatch(/^unreadable: This is no regular file/);
});

test("a file that is too large is refused before it is read", async () => {
  const path = join(folder, "huge.onnx");
  const file = openSync(path, "w");
  ftruncateSync(file, 2 ** 42);
  closeSync(file);
  const before = process.resourceUsage().maxRSS;
  expect(() => readBytes(path, checkFileSize)).toThrow(
    `The file has ${2 ** 42} bytes; the limit is ${2 ** 31}`,
  );
  await expect(InferenceSession.create(path)).rejects.toMatchObject({ code: "limit" });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 20);
});

test("of a file beside a model only the bytes asked for are read, also far behind 2 GiB", () => {
  const file = openSync(join(folder, "far.bin"), "w");
  writeSync(file, "here", 3 * 2 ** 30);
  closeSync(file);
  const files = externalFiles(join(folder, "model.onnx"));
  expect(files.size("far.bin")).toBe(3 * 2 ** 30 + 4);
  expect(Buffer.from(files.read("far.bin", 3 * 2 ** 30, 4)).toString()).toBe("here");
});
