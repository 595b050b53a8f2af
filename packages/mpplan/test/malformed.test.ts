// The hostile and odd files of the shared data, each through the built command in a process of its own with little
// memory and little time. A verdict is an exit code: 0 took it, 3 refused it in three beats, anything else is a crash.
import { spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedData } from "../../../tools/shared-data.js";
import { beats, root, scratch } from "./support.js";

interface Entry {
  readonly file: string;
  readonly expect: "accept" | "reject" | "either";
  readonly why: string;
}

interface Verdict {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Processor time, which a busy machine does not lengthen. */
  readonly seconds: number;
  /** The most memory that the process held. */
  readonly peakBytes: number;
  /** The files that it opened, links resolved. */
  readonly opened: readonly string[];
}

const source = sharedData("malformed");
const index: readonly Entry[] =
  source === null ? [] : (JSON.parse(readFileSync(path.join(source, "index.json"), "utf8")) as Entry[]);

/** Of the files that ONNX allows, those that need what is not there yet: each says so, and this list has to shrink. */
const notYet: Readonly<Record<string, RegExp>> = {};

/** The numbers outside the folder: no others are like them, so that whoever reads them is found out. */
const outside = Float32Array.of(1234.5, 2345.5, 3456.5, 4567.5);

const bin = path.join(root, "packages", "mpplan", "bin", "mpplan.js");

/** Loaded before the command: keeps a list of what is opened, and reports it with the peak memory on file 3. */
const watcher = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const opened = new Set();
  for (const name of ["openSync", "readFileSync"]) {
    const original = fs[name];
    fs[name] = (file, ...rest) => {
      if (typeof file === "string") { try { opened.add(fs.realpathSync(file)); } catch {} }
      return original(file, ...rest);
    };
  }
  syncBuiltinESMExports();
  process.on("exit", () => {
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    const { user, system } = process.cpuUsage();
    fs.writeSync(3, JSON.stringify({ peakBytes, seconds: (user + system) / 1e6, opened: [...opened] }));
  });`;

describe.skipIf(source === null)("malformed files", () => {
  let folder = "";
  let outsideFile = "";
  beforeAll(() => {
    // A copy, so that the traversals have something to find: a file beside the folder, and a link to it.
    const home = realpathSync(scratch());
    folder = path.join(home, "malformed");
    outsideFile = path.join(home, "outside.bin");
    mkdirSync(path.join(folder, "sub"), { recursive: true });
    for (const name of readdirSync(source!)) copyFileSync(path.join(source!, name), path.join(folder, name));
    writeFileSync(outsideFile, new Uint8Array(outside.buffer));
    symlinkSync(outsideFile, path.join(folder, "link.bin"));
  });

  function mpplan(command: readonly string[]): Promise<Verdict> {
    const child = spawn(
      process.execPath,
      [
        "--max-old-space-size=512",
        "--import",
        `data:text/javascript,${encodeURIComponent(watcher)}`,
        bin,
        ...command,
      ],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe", "pipe"], timeout: 60_000, killSignal: "SIGKILL" },
    );
    const texts = ["", "", ""];
    [child.stdout!, child.stderr!, child.stdio[3]!].forEach((stream, i) => {
      (stream as NodeJS.ReadableStream).on("data", (text: Buffer) => (texts[i] += text.toString()));
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        const [out, err, facts] = texts as [string, string, string];
        // A process that was killed tells nothing, and has no exit code either.
        const told = (
          facts ? JSON.parse(facts) : { peakBytes: Infinity, seconds: Infinity, opened: [] }
        ) as Verdict;
        resolve({ ...told, code, out, err });
      });
    });
  }

  /** The data must be there that the traversals look for; else their refusal would prove nothing. */
  test("the file outside can be read, and a model that may read it gives its numbers", async () => {
    const inside = path.join(folder, "control");
    mkdirSync(inside);
    copyFileSync(path.join(folder, "e_symlink.onnx"), path.join(inside, "model.onnx"));
    copyFileSync(outsideFile, path.join(inside, "link.bin"));
    const verdict = await mpplan(["inspect", "--graph", path.join(inside, "model.onnx")]);
    expect(verdict).toMatchObject({ code: 0, err: "" });
    expect(verdict.opened).toContain(path.join(inside, "link.bin"));
  });

  test("all 66 are here", () => expect(index).toHaveLength(66));

  test.each(index)("$file: $expect ($why)", async ({ file, expect: wanted }) => {
    const verdict = await mpplan(["inspect", "--graph", file]);
    const { code, err, out, opened } = verdict;
    expect([0, 3], err).toContain(code);
    if (code === 3) {
      expect(beats(err).next).not.toBe("");
      expect(err).not.toContain("    at ");
      expect(out).toBe("");
    }
    expect(verdict.peakBytes).toBeLessThan(512 * 2 ** 20);
    expect(verdict.seconds).toBeLessThan(2);
    const own = opened.filter(
      (name) => !name.startsWith(folder + path.sep) && !name.startsWith(root + path.sep),
    );
    expect(own).toEqual([]);
    expect(opened).not.toContain(outsideFile);

    const reason = notYet[file];
    if (reason) {
      expect(code).toBe(3);
      expect(beats(err).what).toMatch(reason);
    } else if (wanted !== "either") {
      expect(code === 0 ? "accept" : "reject", err).toBe(wanted);
    }
  });

  test.each(index.filter((entry) => entry.expect === "accept" && !notYet[entry.file]))(
    "$file runs too",
    async ({ file }) => {
      const output = path.join(folder, `${file}.npz`);
      const verdict = await mpplan(["run", file, "--random-data", "2", "-q", "-o", output]);
      expect(verdict).toMatchObject({ code: 0, err: "" });
      rmSync(output);
    },
  );
});
