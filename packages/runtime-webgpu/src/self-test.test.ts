// The start-up test passes on adapters that are exact, and says why where one is not.
import { testAdapters } from "@mpplan/testkit/node";
import { expect, test } from "vitest";
import { Device } from "./device.js";
import { selfTest } from "./self-test.js";
import type { Shader } from "./shader.js";
import { Stream } from "./stream.js";

for (const { name, missing, gpu } of testAdapters()) {
  test.skipIf(missing !== null)(`${name} is exact${missing ? `: skipped: ${missing}` : ""}`, async () => {
    const device = await Device.open({ gpu: gpu() });
    expect(await selfTest(new Stream(device))).toBeNull();
    device.destroy();
  });

  test.skipIf(missing !== null)(`${name}: a product that is off by one place is found`, async () => {
    const device = await Device.open({ gpu: gpu() });
    class Sloppy extends Stream {
      override dispatch(
        shader: Shader,
        ...rest: [Parameters<Stream["dispatch"]>[1], number[], number]
      ): void {
        const functions = shader.functions?.replace("return multiply(a, b);", "return multiply(a, b) + 1u;");
        super.dispatch({ ...shader, ...(functions !== undefined && { functions }) }, ...rest);
      }
    }
    expect(await selfTest(new Sloppy(device))).toMatch(
      /^this adapter's arithmetic is not exact: the product of/,
    );
    device.destroy();
  });
}
