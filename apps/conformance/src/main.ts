// npm run conformance -- --dir <backend test data> [--filter name] [--json] [--write]
// Runs the cases, prints what came of them, and exits with 1 where that is not what gaps.json says.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import * as prettier from "prettier";
import { casesIn } from "./cases.js";
import { readGaps, surprise } from "./gaps.js";
import { countsOf, isTraining, page, perOperator, printCounts, runAll } from "./report.js";

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    filter: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
if (values.dir === undefined || (values.write && values.filter !== undefined)) {
  console.error(
    "usage: npm run conformance -- --dir <backend test data> [--filter name] [--json] | [--write]",
  );
  process.exit(2);
}

const cases = casesIn(path.resolve(values.dir)).filter(({ name }) => name.includes(values.filter ?? ""));
const results = await runAll(cases);
const gaps = readGaps();
const surprises = results.flatMap((result) => surprise(result, gaps) ?? []);

if (values.json) {
  console.log(JSON.stringify({ counts: countsOf(results), surprises, results }, null, 2));
} else {
  for (const { name, outcome } of results) {
    if (outcome.verdict !== "pass") console.log(`${outcome.verdict.padEnd(12)}${name}: ${outcome.why}`);
  }
  console.log("");
  for (const [operator, counts] of perOperator(results)) console.log(`${operator}: ${printCounts(counts)}`);
  console.log(`\n${results.length} cases: ${printCounts(countsOf(results))}`);
  const training = results.filter(isTraining);
  if (training.length > 0) console.log(`of these, ${training.length} of training operators`);
  for (const text of surprises) console.log(`not as gaps.json says: ${text}`);
}
if (values.write) {
  const file = path.join(import.meta.dirname, "../../../docs/conformance.md");
  const config = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(page(results, gaps), { ...config, filepath: file }));
}
process.exitCode = surprises.length > 0 ? 1 : 0;
