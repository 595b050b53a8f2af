// mpplan annotate: the plan inside the ONNX file's metadata, where Netron shows it.
import { annotate as annotateOnnx, nodeIndex, planAnnotations } from "@mpplan/onnx";
import { writeAtomically } from "../../node/files.js";
import { checkModel } from "../../read-documents.js";
import { planAtPath } from "../documents.js";
import { exit } from "../exit.js";
import { commonFlags, type CommonFlags } from "../options.js";
import { checkOutputs } from "../outputs.js";
import { loadModel } from "../work.js";
import type { CliCommand } from "./command.js";

export const annotate: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("annotate")
      .summary("write a plan into the metadata of an ONNX file, where Netron shows it")
      .description(
        "Writes each node's decision and its reason into the node's metadata. Every other byte stays.",
      )
      .argument("<model.onnx>")
      .requiredOption("-p, --plan <plan.json>", "the plan")
      .requiredOption("-o, --output <annotated.onnx>", "where the annotated model goes");
    commonFlags(command).action((path: string, flags: CommonFlags & { plan: string; output: string }) =>
      run(async () => {
        checkOutputs({ "--output": flags.output }, [path, flags.plan]);
        const { source, imported } = loadModel(path);
        const plan = planAtPath(flags.plan);
        checkModel(plan, imported, flags.plan);
        const notes = planAnnotations(plan, nodeIndex(source.bytes));
        await writeAtomically(flags.output, annotateOnnx(source.bytes, notes.nodes, notes.model));
        const nodes = notes.nodes.size;
        const others = plan.decisions.length - nodes;
        const beside = others === 0 ? "" : `, and ${others} sites of no single node in the model's metadata`;
        if (flags.json) io.out(`${JSON.stringify({ output: flags.output, nodes, others })}\n`);
        else io.out(`${nodes} nodes annotated${beside}; the model is in ${flags.output}\n`);
        return exit.ok;
      }),
    );
  },
};
