// The documents that can be taken away, as the library prints them.
import { evaluate, evaluatePlans } from "@mpplan/calibration";
import { printDocument, type Comparison, type Plan } from "@mpplan/ir";
import { withPrediction } from "@mpplan/planner";
import { describePrecision, tool } from "mpplan";
import type { DocumentKind, DocumentView, MeasuredRow } from "../protocol.js";
import type { Opened, Planned } from "./state.js";

/** Plans, reports and predictions are computed on the cpu, as the command line does; rows where they were measured. */
type Context = Opened & Planned & { readonly rows: readonly MeasuredRow[]; readonly signal: AbortSignal };

/** @throws CalibrationError `cancelled`. */
export async function makeDocument(kind: DocumentKind, plan: Plan, context: Context): Promise<DocumentView> {
  const { name, graph, profile, parts, options, signal } = context;
  const { executor } = options;
  const json = (what: string, text: string): DocumentView => ({
    name: `${name}.${what}.json`,
    type: "application/json",
    text,
  });
  switch (kind) {
    case "plan":
      return json("plan", printDocument(await predicted(plan, context)));
    case "profile":
      return json("profile", printDocument(profile));
    case "report":
      return json(
        "report",
        printDocument(await evaluate(graph, plan, parts.test, { tool, executor, signal })),
      );
    case "comparison": {
      // Drawing needs libraries of its own: they are fetched with the first report.
      const { comparisonHtml } = await import("mpplan/report");
      const text = comparisonHtml(comparisonOf(context), {
        notes: context.notes,
        footer: `${tool.name} ${tool.version}, made in a browser; measured plans only, on ${measuredOn(context.rows)}`,
      });
      return { name: `${name}.html`, type: "text/html", text };
    }
    default:
      return kind satisfies never;
  }
}

/** With what it loses on the tune samples, which it was not built from. */
async function predicted(plan: Plan, { graph, parts, options, signal }: Context): Promise<Plan> {
  return withPrediction(plan, async (p) => {
    const { plans, samples } = await evaluatePlans(graph, [p], parts.tune, {
      executor: options.executor,
      signal,
    });
    const { error, flips, cost, fractionHigh } = plans[0]!;
    return { error, flips: flips === null ? null : flips / samples, cost, fractionHigh, samples };
  });
}

function comparisonOf({ graph, profile, parts, precision, options, samples, rows }: Context): Comparison {
  return {
    model: { name: graph.name, digest: graph.digest },
    samples: {
      build: profile.data.samples,
      tune: parts.tune.count,
      digest: profile.data.digest,
      random: samples.random,
    },
    evaluated: parts.test.count,
    seed: options.seed,
    settings: describePrecision(precision),
    rows: rows.map(({ backend: _, ...row }) => row),
  };
}

function measuredOn(rows: readonly MeasuredRow[]): string {
  return [...new Set(rows.flatMap(({ backend }) => backend ?? []))].join(" and ");
}
