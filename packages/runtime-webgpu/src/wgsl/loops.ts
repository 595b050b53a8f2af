// The loops in which sums take their terms, one after another, for one component or for several at once: every
// component's terms come in the same order however many there are.
import type { SumOrder } from "@mpplan/ir";

/** Orders in which a sum needs one partial sum, or one and an outer one. */
export type LoopOrder = Extract<SumOrder, { kind: "sequential" | "blocked" | "chunked" }>;

/** One component of a loop: what its variables end in, and the operands of term k, as bits. */
export interface Component {
  readonly name: string;
  readonly w: string;
  readonly h: string;
}

/** The functions of a step, and what is loaded before the components take it. */
export interface Steps {
  readonly take: string;
  readonly addOuter: string;
  readonly loads: string;
}

export const plainSteps: Steps = { take: "take", addOuter: "add_outer", loads: "" };

export function hasLoop(order: SumOrder): order is LoopOrder {
  return order.kind === "sequential" || order.kind === "blocked" || order.kind === "chunked";
}

/** Where the loop leaves a component's sum. */
export const sumIn = (order: LoopOrder, { name }: Component): string =>
  order.kind === "sequential" ? `s${name}` : `outer${name}`;

/** Statements that declare the sums of `components` and add n terms to each. */
export function termLoop(
  order: LoopOrder,
  n: string,
  components: readonly Component[],
  { take, addOuter, loads }: Steps = plainSteps,
): string {
  const each = (line: (c: Component) => string): string => components.map(line).join(" ");
  const zero = (variable: string): string => each(({ name }) => `var ${variable}${name} = 0u;`);
  const step = `${loads}${each(({ name, w, h }) => `s${name} = ${take}(s${name}, ${w}, ${h});`)}`;
  if (order.kind === "sequential") {
    return `  ${zero("s")}
  for (var k = 0u; k < ${n}; k++) { ${step} }`;
  }
  const size = order.kind === "blocked" ? order.block : order.chunk;
  return `  ${zero("outer")}
  var k = 0u;
  while (k < ${n}) {
    let end = min(${n}, k + ${size}u);
    ${zero("s")}
    for (; k < end; k++) { ${step} }
    ${each(({ name }) => `outer${name} = ${addOuter}(outer${name}, s${name});`)}
  }`;
}
