import { expect, test } from "vitest";
import { describeFormat, ieeeE4m3 } from "./index.js";

test("a format in one line", () => {
  expect(describeFormat(ieeeE4m3)).toBe(
    "ieee-e4m3: 8 bits, 4 significant, max 240, smallest 0.001953125, unit roundoff 2^-4",
  );
});
