// mpplan probe: how this machine's GPU accumulates.
import { probeWebGpu, type DeviceProbe } from "@mpplan/runtime-webgpu";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { exit } from "../exit.js";
import { commonFlags, type CommonFlags } from "../options.js";
import { table } from "../render/table.js";
import type { CliCommand } from "./command.js";

export const probe: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("probe")
      .summary("how this machine's GPU accumulates")
      .description(
        "Asks the GPU, through WebGPU, how it rounds: whether products are contracted, subnormal numbers flushed, binary16 sums rounded at every step, and whether emulated sums are exact on it. Needs the package webgpu.",
      );
    commonFlags(command).action((flags: CommonFlags) =>
      run(async () => {
        const found = await probeWebGpu({ gpu: await nodeGpu() });
        io.out(flags.json ? `${JSON.stringify(found)}\n` : probeText(found));
        return exit.ok;
      }),
    );
  },
};

const said = (fact: boolean | null): string => (fact === null ? "not offered" : fact ? "yes" : "no");

export function probeText(found: DeviceProbe): string {
  const { vendor, architecture, description } = found.adapter;
  const rows = [
    ["adapter", [vendor, architecture, description].filter((part) => part !== "").join(", ")],
    ["x y + z rounded once", said(found.contracts)],
    ["fma(x, y, z) rounded once", said(found.fusesFma)],
    ["subnormal products flushed", said(found.flushesProducts)],
    ["subnormal sums flushed", said(found.flushesSums)],
    ["binary16 rounded every step", said(found.roundsHalves)],
    ["emulated sums exact", found.inexact ?? "yes"],
    ["fingerprint", found.fingerprint],
  ];
  return `${table(["fact", "seen"], ["left", "left"], rows)}\n`;
}
