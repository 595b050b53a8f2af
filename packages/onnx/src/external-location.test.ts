import { describe, expect, test } from "vitest";
import { thrown } from "../test/model-builder.js";
import { checkExternalLocation } from "./external-location.js";

describe("a location", () => {
  test.each(["w.bin", "weights/part 1.bin", "./w.bin", "a..b", "..w", "weights.", "w.bin~"])(
    "%j is fine",
    (location) => {
      expect(checkExternalLocation(location)).toBe(location);
    },
  );
  test.each([
    ["", "is empty"],
    [".", "names a folder"],
    ["a/", "names a folder"],
    ["a/.", "names a folder"],
    ["..", "leaves"],
    ["../w.bin", "leaves"],
    ["a/../w.bin", "leaves"],
    ["/etc/passwd", "absolute"],
    ["//host/share", "absolute"],
    ["C:/w.bin", "colon"],
    ["C:w.bin", "colon"],
    ["w.bin:stream", "colon"],
    ["https://example.org/w.bin", "colon"],
    ["a\\w.bin", "backslash"],
    ["..\\w.bin", "backslash"],
    ["w.bin\0.txt", "control"],
    ["w\n.bin", "control"],
    ["x".repeat(2000), "1024"],
  ])("%j is refused", (location, why) => {
    expect(thrown(() => checkExternalLocation(location))).toMatchObject({ code: "external-data" });
    expect(thrown(() => checkExternalLocation(location)).message).toContain(why);
  });
});
