// mpplan inspect: a model, a profile or a plan, for people.
import {
  IrError,
  noOperands,
  parseReport,
  printGraph,
  sumSites,
  unplannedSums,
  valueOf,
  valueSites,
  type Graph,
  type SumSite,
  type ValueSite,
} from "@mpplan/ir";
import { checkFileSize } from "@mpplan/onnx";
import { UsageError } from "../../errors.js";
import { readBytes } from "../../node/files.js";
import { prepareGraph } from "../../prepare-graph.js";
import { readPlan, readProfile } from "../../read-documents.js";
import { exit } from "../exit.js";
import { collect, commonFlags, type CommonFlags } from "../options.js";
import { planText } from "../render/plan.js";
import { profileText } from "../render/profile.js";
import { percent, table } from "../render/table.js";
import { unplannedText } from "../render/unplanned.js";
import { shapesFrom } from "../shapes.js";
import { loadData, loadModel } from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags & { graph?: boolean; shape?: string[]; data?: string[] };

export const inspect: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("inspect")
      .summary("show a model, a profile or a plan")
      .description("Shows what a model sums, what a profile measured, or what a plan decides and why.")
      .argument("<file>", "a .onnx model, or a profile, plan or report in JSON")
      .option("--graph", "of a model, every node as it is planned")
      .option(
        "--shape <name=dims>",
        "of a model, the dims of an input that it leaves open, such as x=1x3x48x192; repeatable",
        collect,
      )
      .option(
        "-d, --data <path>",
        "of a model, samples that say the dims of its inputs, as for mpplan compile; repeatable",
        collect,
      );
    commonFlags(command).action((path: string, flags: Flags) =>
      run(async () => {
        const bytes = readBytes(path, checkFileSize);
        const isDocument = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().startsWith("{");
        if (flags.graph && (isDocument || flags.json)) {
          throw new UsageError("conflicting-options", {
            what: "--graph shows a model as text, so it would have no effect here",
            where: isDocument ? path : "--graph and --json",
            next: "leave one of them out",
          });
        }
        if (isDocument && (flags.shape || flags.data)) {
          throw new UsageError("conflicting-options", {
            what: "--shape and --data say the dims of a model's inputs, so they would have no effect here",
            where: path,
            next: "leave them out, or give a .onnx model",
          });
        }
        if (flags.shape && flags.data) {
          throw new UsageError("conflicting-options", {
            what: "--shape and --data both say the dims of the inputs",
            where: "--shape and --data",
            next: "leave one of them out",
          });
        }
        if (isDocument) {
          const text = new TextDecoder().decode(bytes);
          const { document, shown } = readDocument(text, path);
          io.out(flags.json ? `${JSON.stringify(document)}\n` : shown());
          return exit.ok;
        }
        const { imported } = loadModel(path, bytes);
        const sample = flags.data
          ? loadData(path, imported, { data: flags.data, seed: 1 }).samples.at(0)
          : null;
        const shapes = flags.shape ? shapesFrom(flags.shape, imported) : sample;
        const graph = prepareGraph(imported, shapes, noOperands);
        if (flags.json) io.out(`${JSON.stringify(modelFacts(graph))}\n`);
        else io.out(flags.graph ? printGraph(graph) : modelText(graph));
        return exit.ok;
      }),
    );
  },
};

/** A document that was checked, and how people see it. */
function readDocument(text: string, path: string): { document: unknown; shown: () => string } {
  const kind = /"kind"\s*:\s*"mpplan-(\w+)"/.exec(text)?.[1];
  if (kind === "plan") {
    const plan = readPlan(text, path);
    return { document: plan, shown: () => planText(plan) };
  }
  if (kind === "profile") {
    const profile = readProfile(text, path);
    return { document: profile, shown: () => profileText(profile) };
  }
  if (kind === "report") {
    const report = parseReport(text, path);
    return { document: report, shown: () => `${JSON.stringify(report, null, 2)}\n` };
  }
  throw new IrError("wrong-document", {
    what: "This JSON is no plan, profile or report of mpplan",
    where: path,
    next: "give a .onnx model, or a document that mpplan compile, calibrate or plan wrote",
  });
}

function modelFacts(graph: Graph) {
  const shared = (site: SumSite | ValueSite) => ({
    site: site.id,
    op: opOf(graph, site.id),
    term: site.term,
    sameSign: site.sameSign,
    neurons: site.neurons,
    length: site.length,
    components: site.components,
  });
  const products = sumSites(graph).map((site) => ({
    ...shared(site),
    macs: site.macs,
    activation: site.activation.name,
    last: site.last,
  }));
  const values = valueSites(graph).map((site) => ({
    ...shared(site),
    macs: 0,
    additions: site.components * site.length,
  }));
  return {
    model: { name: graph.name, digest: graph.digest },
    nodes: graph.nodes.length,
    sites: products,
    ...(values.length > 0 && { valueSums: values }),
    unplanned: unplannedSums(graph),
  };
}

function modelText(graph: Graph): string {
  const { sites, valueSums = [], unplanned } = modelFacts(graph);
  const macs = sites.reduce((sum, site) => sum + site.macs, 0);
  const rows = sites.map((s) => [
    s.site,
    s.op,
    String(s.neurons),
    String(s.length),
    String(s.components),
    percent(s.macs / Math.max(macs, 1)),
    s.activation,
  ]);
  const byOp = groupsOf(sites).map(
    ([op, own]) =>
      `${op} ${own.length} sites, ${percent(own.reduce((sum, s) => sum + s.macs, 0) / Math.max(macs, 1))}`,
  );
  const values = groupsOf(valueSums).map(
    ([op, own]) => `${op} ${own.length} sites, ${own.reduce((sum, s) => sum + s.additions, 0)} additions`,
  );
  return [
    `${graph.name}, ${graph.digest.slice(0, 19)}: ${graph.nodes.length} nodes, ${sites.length} sum sites, ${macs} multiply-accumulates a run\n\n`,
    table(
      ["site", "op", "neurons", "terms", "sums", "of all MACs", "then"],
      ["left", "left", "right", "right", "right", "right", "left"],
      rows,
    ),
    valueSums.length === 0 ? "" : `\n\n${valuesTable(valueSums)}`,
    `\n\nby operator: ${[...byOp, ...values].join("; ") || "nothing to plan"}\n`,
    unplannedText(unplanned),
    unplanned.some(({ reason }) => reason.includes("not known") || reason.includes("not all known"))
      ? `give the dims of the inputs to see what the sums are: ${openInputs(graph)}\n`
      : "",
  ].join("");
}

type ValueFacts = NonNullable<ReturnType<typeof modelFacts>["valueSums"]>[number];

function valuesTable(valueSums: readonly ValueFacts[]): string {
  return table(
    ["sums of values", "op", "neurons", "terms", "sums", "additions", "signs"],
    ["left", "left", "right", "right", "right", "right", "left"],
    valueSums.map((s) => [
      s.site,
      s.op,
      String(s.neurons),
      String(s.length),
      String(s.components),
      String(s.additions),
      s.sameSign ? "one" : "any",
    ]),
  );
}

function groupsOf<T extends { readonly op: string }>(sites: readonly T[]): [string, T[]][] {
  return [...new Set(sites.map((s) => s.op))].map((op) => [op, sites.filter((s) => s.op === op)]);
}

function opOf(graph: Graph, site: string): string {
  return graph.nodes.find((node) => node.id === site)?.op ?? "?";
}

/** `--shape x=1x3x?x?`, for every input whose dims are not all known. */
function openInputs(graph: Graph): string {
  return graph.inputs
    .flatMap((id) => {
      const shape = valueOf(graph, id).type?.shape;
      if (shape?.every((dim) => typeof dim === "number")) return [];
      return `--shape ${id}=${shape ? shape.map((dim) => (typeof dim === "number" ? dim : "?")).join("x") : "..."}`;
    })
    .join(" ");
}
