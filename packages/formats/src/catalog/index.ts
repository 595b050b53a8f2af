// Every format that has a name of its own. To add one: its file, its import, its line in the list, its export.

import type { FloatFormat } from "../format.js";
import { bfloat16 } from "./bfloat16.js";
import { binary16 } from "./binary16.js";
import { binary32 } from "./binary32.js";
import { binary64 } from "./binary64.js";
import { e2m1 } from "./e2m1.js";
import { e2m3 } from "./e2m3.js";
import { e3m2 } from "./e3m2.js";
import { e4m3fnuz } from "./e4m3fnuz.js";
import { e5m2fnuz } from "./e5m2fnuz.js";
import { ieeeE4m3 } from "./ieee-e4m3.js";
import { ocpE4m3 } from "./ocp-e4m3.js";
import { ocpE5m2 } from "./ocp-e5m2.js";
import { tf32 } from "./tf32.js";

/** The catalogue, sorted by name. */
export const catalog: readonly FloatFormat[] = Object.freeze([
  bfloat16,
  binary16,
  binary32,
  binary64,
  e2m1,
  e2m3,
  e3m2,
  e4m3fnuz,
  e5m2fnuz,
  ieeeE4m3,
  ocpE4m3,
  ocpE5m2,
  tf32,
]);

export {
  bfloat16,
  binary16,
  binary32,
  binary64,
  e2m1,
  e2m3,
  e3m2,
  e4m3fnuz,
  e5m2fnuz,
  ieeeE4m3,
  ocpE4m3,
  ocpE5m2,
  tf32,
};
