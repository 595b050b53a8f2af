// How nodes of a file are named: the importer and the annotations both go by this rule.

/** What the rule looks at. */
export interface NodeName {
  readonly name: string;
  readonly opType: string;
}

/**
 * One id per node of `graph.node`, in its order: the node's own name where no other node has it, else
 * `Gemm_3` from operator and place, with `_2`, `_3`, ... where that is taken.
 */
export function nodeIds(nodes: readonly NodeName[]): string[] {
  const uses = new Map<string, number>();
  for (const { name } of nodes) uses.set(name, (uses.get(name) ?? 0) + 1);
  const taken = new Set(uses.keys());
  return nodes.map(({ name, opType }, index) => {
    if (name !== "" && uses.get(name) === 1) return name;
    return unique(`${opType || "node"}_${index}`, taken);
  });
}

/** `wanted`, or the first of `wanted_2`, `wanted_3`, ... that is free; it is then taken, for good. */
export function unique(wanted: string, taken: Set<string>): string {
  let id = wanted;
  if (taken.has(wanted)) {
    let numbers = nextNumbers.get(taken);
    if (!numbers) nextNumbers.set(taken, (numbers = new Map()));
    let n = numbers.get(wanted) ?? 2;
    while (taken.has((id = `${wanted}_${n}`))) n++;
    numbers.set(wanted, n + 1);
  }
  taken.add(id);
  return id;
}

/** Where to go on looking: a file may ask for one name a million times. */
const nextNumbers = new WeakMap<Set<string>, Map<string, number>>();
