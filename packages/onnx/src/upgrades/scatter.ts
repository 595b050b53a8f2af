// Scatter: the name that ScatterElements had before opset 11.
import type { Upgrade } from "./upgrade.js";

export const scatter: Upgrade = (raw) => [{ ...raw, op: "ScatterElements" }];
