// mpplan probe: how this machine's GPU accumulates.
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { probeFacts, probeWebGpu, type DeviceProbe } from "../../probe-facts.js";
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

export function probeText(found: DeviceProbe): string {
  return `${table(["fact", "seen"], ["left", "left"], probeFacts(found))}\n`;
}
