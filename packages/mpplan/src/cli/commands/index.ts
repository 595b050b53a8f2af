// All commands, one line each, in the order in which help lists them.
import { annotate } from "./annotate.js";
import { calibrate } from "./calibrate.js";
import type { CliCommand } from "./command.js";
import { compare } from "./compare.js";
import { compile } from "./compile.js";
import { front } from "./front.js";
import { inspect } from "./inspect.js";
import { plan } from "./plan.js";
import { probe } from "./probe.js";
import { run } from "./run.js";

export const commands: readonly CliCommand[] = [
  compile,
  calibrate,
  plan,
  front,
  run,
  compare,
  inspect,
  annotate,
  probe,
];
