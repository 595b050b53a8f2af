// How a device accumulates when left to itself: chosen sums whose results differ with what it does, and a fingerprint
// of many others.
import { seededRandom } from "@mpplan/formats";
import { tensor } from "@mpplan/ir";
import { Device, type AdapterFacts, type DeviceOptions } from "./device.js";
import { selfTest } from "./self-test.js";
import type { Shader } from "./shader.js";
import { Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";

/** What was seen on this device, with this driver; another may differ. */
export interface DeviceProbe {
  readonly adapter: AdapterFacts;
  /** binary32 products below the normal numbers are flushed to zero. */
  readonly flushesProducts: boolean;
  /** So are binary32 sums of subnormal numbers. */
  readonly flushesSums: boolean;
  /** x y + z is rounded once. */
  readonly contracts: boolean;
  /** fma(x, y, z) is. */
  readonly fusesFma: boolean;
  /** binary16 sums are rounded after every step; null without shader-f16. */
  readonly roundsHalves: boolean | null;
  /** Why emulated sums are refused here; null where they are exact. */
  readonly inexact: string | null;
  /** FNV-1a over the bits of 256 sums of 64 products in binary32, and in binary16 where there is one. */
  readonly fingerprint: string;
}

const questionShader: Shader = {
  label: "probe",
  buffers: { x: "read f32", y: "read f32", z: "read f32", found: "write f32" },
  params: [],
  body: `  found[id * 4u] = x[id] * y[id];
  found[id * 4u + 1u] = x[id] + y[id];
  found[id * 4u + 2u] = x[id] * y[id] + z[id];
  found[id * 4u + 3u] = fma(x[id], y[id], z[id]);`,
};

const halfShader: Shader = {
  label: "probe halves",
  halves: true,
  buffers: { x: "read f32", y: "read f32", z: "read f32", found: "write f32" },
  params: [],
  body: "  found[id] = f32(f16(x[id]) + f16(y[id]) + f16(z[id]));",
};

const chainTerms = 64;
const chains = 256;

const chainShader = (type: "f32" | "f16"): Shader => ({
  label: `probe ${type} chains`,
  halves: type === "f16",
  buffers: { x: "read f32", y: "read f32", found: "write f32" },
  params: [],
  body: `  var s = ${type}(0.0);
  for (var k = 0u; k < ${chainTerms}u; k++) {
    s = s + ${type}(x[id * ${chainTerms}u + k]) * ${type}(y[id * ${chainTerms}u + k]);
  }
  found[id] = f32(s);`,
});

/**
 * Asks the device.
 *
 * @throws WebGpuError `no-webgpu`, `no-adapter`, `no-device`
 * @example
 * const { contracts, fingerprint } = await probeWebGpu();
 */
export async function probeWebGpu(options: DeviceOptions = {}): Promise<DeviceProbe> {
  const device = await Device.open(options);
  const stream = new Stream(device);
  // Rounded apart, (1 + 2^-12)^2 is 1 + 2^-11, a tie that goes to even, and the sum 0.
  const tie = [1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)] as const;
  const asked = [[2 ** -126, 0.5, 0], [2 ** -149, 2 ** -149, 0], tie];
  const columns = [0, 1, 2].map((i) => Float32Array.from(asked, (row) => row[i]!));
  const found = await ask(stream, questionShader, columns, asked.length * 4);
  const { halves } = device.adapter;
  // 1 + 2^-11 is a tie that goes to 1, twice.
  const step = [[1], [2 ** -11], [2 ** -11]].map((list) => Float32Array.from(list));
  const half = halves ? await ask(stream, halfShader, step, 1) : null;
  const operands = [randomOperands(1), randomOperands(2)];
  const hashed: Float32Array[] = [];
  for (const type of halves ? (["f32", "f16"] as const) : (["f32"] as const)) {
    hashed.push(await ask(stream, chainShader(type), operands, chains, chains));
  }
  const result = {
    adapter: device.adapter,
    flushesProducts: found[0] === 0,
    flushesSums: found[5] === 0,
    contracts: found[10] !== 0,
    fusesFma: found[11] !== 0,
    roundsHalves: half && half[0] === 1,
    inexact: await selfTest(stream),
    fingerprint: fingerprintOf(hashed),
  };
  device.destroy();
  return result;
}

async function ask(
  stream: Stream,
  shader: Shader,
  inputs: readonly Float32Array[],
  results: number,
  elements = inputs[0]!.length,
): Promise<Float32Array> {
  const handles = inputs.map((data) => GpuTensor.onHost(tensor("float32", [data.length], data)));
  const bytes = results * 4;
  const found = { buffer: stream.pool.take(bytes), bytes };
  stream.dispatch(shader, [...handles.map((t) => t.bound(stream)), found], [], elements);
  const answer = new Float32Array(await stream.readLater(found)());
  handles.forEach((t) => t.free(stream));
  stream.pool.give(found.buffer);
  return answer;
}

function randomOperands(seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: chains * chainTerms }, () => random() / 2 ** 23 - 1);
}

function fingerprintOf(results: readonly Float32Array[]): string {
  let hash = 0x811c9dc5;
  for (const { buffer } of results) {
    for (const byte of new Uint8Array(buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
