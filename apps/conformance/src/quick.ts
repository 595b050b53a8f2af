import { casesIn } from "./cases.js";
import { runCase } from "./run-case.js";
const t: Record<string, number> = {};
const why = new Map<string, string[]>();
for (const c of casesIn(process.argv[2]!).filter(
  (c) => !process.argv[3] || c.name.includes(process.argv[3]!),
)) {
  const o = await runCase(c);
  t[o.verdict] = (t[o.verdict] ?? 0) + 1;
  if (o.verdict !== "pass") {
    const k = o.verdict + ": " + o.why;
    why.set(k, [...(why.get(k) ?? []), c.name]);
  }
}
for (const [k, v] of [...why].sort()) console.log(k, "|", v.length, v.slice(0, 3).join(" "));
console.log(JSON.stringify(t));
