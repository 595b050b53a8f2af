// The help is read more than any page: every change of it is seen in a review.
import { expect, test } from "vitest";
import { commands } from "../src/cli/commands/index.js";
import { createProgram } from "../src/cli/main.js";
import { exit } from "../src/cli/exit.js";
import { mpplan } from "./support.js";

const verbs = ["compile", "calibrate", "plan", "front", "run", "compare", "inspect", "annotate", "probe"];

test("the program lists its commands, and the exit codes", async () => {
  const { code, out, err } = await mpplan("--help");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const value of Object.values(exit)) expect(out).toMatch(new RegExp(`\\b${value} `));
  await expect(out).toMatchFileSnapshot("help/mpplan.txt");
});

test("every command is in the list that this file checks", () => {
  expect(commands).toHaveLength(verbs.length);
});

test.each(verbs)("mpplan help %s", async (verb) => {
  const { code, out, err } = await mpplan("help", verb);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect((await mpplan(verb, "--help")).out).toBe(out);
  await expect(out).toMatchFileSnapshot(`help/${verb}.txt`);
});

test("every flag says what it does", () => {
  const io = { out: () => undefined, err: () => undefined };
  const program = createProgram(io as never, () => undefined);
  for (const command of program.commands) {
    for (const option of command.options) expect(option.description, option.flags).not.toBe("");
  }
});

test("the version is that of the package", async () => {
  const { tool } = await import("../src/version.js");
  expect((await mpplan("--version")).out).toBe(`${tool.version}\n`);
});

test("without a command the help goes to stderr, and the exit code says that nothing was done", async () => {
  const { code, out, err } = await mpplan();
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toBe((await mpplan("--help")).out);
});
