// A node's sums as a decision says: a first pass in each accumulator that some column starts with, then the tests of
// dynamic choices, then what they ask for again.
import { sizeOf, type Choice, type Decision, type Tensor } from "@mpplan/ir";
import {
  type KernelContext,
  type KernelRequest,
  type KernelResult,
  prepareTest,
  type Problem,
  problemOf,
  type RowTest,
  type Unit,
} from "@mpplan/runtime";
import { laidOut, Layout, scaleBack, type Laid } from "./arrange.js";
import { gatheredSums, type Again } from "./gathered.js";
import { Operand, type Rows } from "./operand.js";
import type { Recipe } from "./recipe.js";
import { compileTest, marked, type Selection, type Tested } from "./select.js";
import { inBinary32, type PackedTable, type Shared, type Weights } from "./shared.js";
import { targetOf, type Target } from "./sums.js";
import { forEachPiece } from "./threads/split.js";

export type Run = (
  inputs: readonly (Tensor | null)[],
  context: KernelContext,
  /** Names the node and its inputs in the context's memo. */
  key: string,
) => KernelResult;

type Range = Decision["ranges"][number];

/** A range whose components are tested. */
type Dynamic = Range & { readonly choice: Extract<Choice, { mode: "dynamic" }> };

/** What differs between groups of columns. */
interface GroupPlan {
  readonly group: number;
  /** Columns by the accumulator that computes them first; null: all of them. */
  readonly parts: ReadonlyMap<number, Int32Array | null>;
  readonly tested: ReadonlyMap<Dynamic, Tested>;
}

/** Above this share, computing every component again is faster than gathering some. */
const denseShare = 0.4;

export function plannedSums(request: KernelRequest, shared: Shared): Run {
  const { node, site, decision } = request;
  const ranges = new Array<Range>(site?.neurons ?? 0);
  for (const range of decision!.ranges) ranges.fill(range, range.start, range.end);
  const layout = new Layout(shared, decision!.arrangement);
  /** Packed columns that only this decision asks for. */
  const subsets: PackedTable = new WeakMap();
  let plans: { shape: string; groups: GroupPlan[] } | null = null;

  return (inputs, { salt, memo }, key) => {
    const natural = problemOf(node, inputs, site);
    const shape = `${natural.groups}|${natural.columns}`;
    if (plans?.shape !== shape) plans = { shape, groups: groupPlans(natural, ranges) };
    const laid = laidOut(shared, natural, inputs, layout);
    const tables = memo?.get(`${key}|tables ${layout.id}`, () => new Tables()) ?? null;
    return new PlannedRun(request, shared, laid, plans.groups, subsets, tables).run(salt);
  };
}

/** Accumulators that a decision names. */
export function usedAccumulators({ decision }: KernelRequest): ReadonlySet<number> {
  return new Set(
    decision!.ranges.flatMap(({ choice }) =>
      choice.mode === "static" ? [choice.use] : [choice.low, choice.high],
    ),
  );
}

function groupPlans(problem: Problem, ranges: readonly Range[]): GroupPlan[] {
  return Array.from({ length: problem.groups }, (_, group) => {
    const byUse = new Map<number, number[]>();
    const tested = new Map<Dynamic, number[]>();
    for (let column = 0; column < problem.columns; column++) {
      const range = ranges[problem.neuron(group, column)]!;
      const { choice } = range;
      push(byUse, choice.mode === "static" ? choice.use : choice.low, column);
      if (choice.mode === "dynamic") push(tested, range as Dynamic, column);
    }
    const whole = byUse.size === 1;
    return {
      group,
      parts: new Map([...byUse].map(([use, list]) => [use, whole ? null : Int32Array.from(list)])),
      tested: new Map(
        [...tested].map(([range, list]) => {
          const columns = Int32Array.from(list);
          const neurons = columns.map((column) => problem.neuron(group, column) - range.start);
          return [range, { columns, neurons }];
        }),
      ),
    };
  });
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** All the components of a node in some accumulators, for plans that run on the same inputs. */
class Tables {
  private readonly values = new Map<string, Float32Array>();
  private visits = 0;

  /** True from the second time on: more plans will come, so that it pays to compute all the components at once. */
  visit(): boolean {
    return ++this.visits > 1;
  }

  get(key: string): Float32Array | undefined {
    return this.values.get(key);
  }

  set(key: string, values: Float32Array): Float32Array {
    this.values.set(key, values);
    return values;
  }
}

class PlannedRun {
  private readonly problem: Problem;
  private readonly size: number;
  private readonly operand: Operand;
  private readonly weights: Weights;
  private readonly bias: Float32Array | null;
  private readonly out: number;
  private readonly biasAt: number;
  /** True where whole tables are worth their time. */
  private readonly popular: boolean;

  constructor(
    private readonly request: KernelRequest,
    private readonly shared: Shared,
    private readonly laid: Laid,
    private readonly groups: readonly GroupPlan[],
    private readonly subsets: PackedTable,
    private readonly tables: Tables | null,
  ) {
    const { memory } = shared;
    const { problem } = laid;
    this.problem = problem;
    this.size = sizeOf(problem.dims);
    this.popular = tables?.visit() ?? false;
    this.operand = new Operand(memory, problem, inBinary32(laid.x), false);
    this.weights = shared.weights(laid.w, problem);
    this.bias = laid.bias && inBinary32(laid.bias);
    this.out = memory.scratch("out", this.size * 4);
    this.biasAt = this.writeBias("bias", this.bias);
  }

  run(salt: number): KernelResult {
    const { problem, size } = this;
    const { elem } = this.laid.x;
    const counts = this.request.accumulators.map(() => 0);
    const values = size > 0 ? this.first(counts) : new Float32Array(0);
    const { recomputed, magnitudes } = size > 0 ? this.second(values, counts, salt) : nothing;
    this.weights.dispose();
    const data = elem === "float64" ? new Float64Array(values) : values;
    return {
      outputs: [{ elem, dims: problem.dims, data }],
      executed: { components: counts, recomputed, magnitudes, total: size },
    };
  }

  /** Every column in the accumulator that it starts with. */
  private first(counts: number[]): Float32Array {
    const { groups, problem, shared, weights } = this;
    const rowsPerGroup = (problem.rows * problem.units.length) / problem.groups;
    const merged = new Map<number, Float32Array>();
    for (const { parts } of groups) {
      for (const [use, columns] of parts) {
        counts[use]! += (columns?.length ?? problem.columns) * rowsPerGroup;
        if (merged.has(use)) continue;
        // All the components are wanted by this plan, or will be by others.
        const table = this.table(use, this.popular || (groups.length === 1 && columns === null));
        if (table) merged.set(use, table);
      }
    }
    if (groups.some(({ parts }) => [...parts.keys()].some((use) => !merged.has(use)))) {
      this.forEachPiece(this.operand, (unit, from, rows) => {
        for (const [use, columns] of groups[unit.group]!.parts) {
          if (merged.has(use)) continue;
          const panels = columns
            ? weights.subset(unit.group, columns, this.subsets, `${use}`)
            : weights.panels(unit.group);
          const target = this.target(unit, from, this.out, this.biasAt);
          shared.sums.run(this.recipe(use), panels, rows, this.operand.survey, problem, target);
        }
      });
    }
    const values = shared.memory.f32(this.out, this.size).slice();
    scaleBack(values, this.laid);
    for (const [use, table] of merged) {
      for (const unit of problem.units) {
        const { parts } = groups[unit.group]!;
        if (parts.has(use)) this.copyColumns(values, table, unit, parts.get(use)!);
      }
    }
    return values;
  }

  /** The tests, and what they ask for again, written over the low values. */
  private second(
    values: Float32Array,
    counts: number[],
    salt: number,
  ): { recomputed: number; magnitudes: number } {
    const { problem } = this;
    const [outRow, outColumn] = problem.outStep;
    const again = new Map<number, Again[]>();
    const tests = new Map<Dynamic, Selection>();
    const magnitudesOf = new Map<Dynamic, Float32Array>();
    let recomputed = 0;
    let magnitudesComputed = 0;
    for (const unit of problem.units) {
      for (const [range, tested] of this.groups[unit.group]!.tested) {
        const { choice } = range;
        let test = tests.get(range);
        if (!test) {
          const prepared = prepareTest(choice.test, salt);
          if (prepared.needsMagnitude) magnitudesOf.set(range, this.magnitudes(choice.low));
          test =
            prepared.kind === "row"
              ? marked(this.markRows(prepared, range, values))
              : compileTest(choice.test, prepared);
          tests.set(range, test);
        }
        const magnitudes = magnitudesOf.get(range) ?? null;
        if (magnitudes) magnitudesComputed += tested.columns.length * problem.rows;
        for (let row = 0; row < problem.rows; row++) {
          const at = unit.out + row * outRow;
          const chosen = test(values, magnitudes, tested, at, outColumn, this.request.firstComponent);
          if (chosen.length === 0) continue;
          push(again, choice.high, { unit, row, columns: chosen });
          recomputed += chosen.length;
          counts[choice.high]! += chosen.length;
        }
      }
    }
    for (const [use, list] of again) this.recompute(use, list, values);
    return { recomputed, magnitudes: magnitudesComputed };
  }

  /** What a test of whole rows asks for again, over all the components of its range at once. */
  private markRows(test: RowTest, range: Dynamic, values: Float32Array): Uint8Array {
    const { problem } = this;
    const [outRow, outColumn] = problem.outStep;
    const members = new Uint8Array(this.size);
    for (const unit of problem.units) {
      for (const column of this.groups[unit.group]!.tested.get(range)?.columns ?? []) {
        let at = unit.out + column * outColumn;
        for (let row = 0; row < problem.rows; row++, at += outRow) members[at] = 1;
      }
    }
    const again = new Uint8Array(this.size);
    test.choose(values, problem.dims.at(-1) ?? 1, members, again);
    return again;
  }

  private recompute(use: number, list: readonly Again[], values: Float32Array): void {
    const { problem, shared, weights, operand } = this;
    const [outRow, outColumn] = problem.outStep;
    const chosen = list.reduce((sum, { columns }) => sum + columns.length, 0);
    const table = this.table(use, this.popular || chosen > denseShare * this.size);
    if (table) {
      for (const { unit, row, columns } of list) {
        for (const column of columns) {
          const index = unit.out + row * outRow + column * outColumn;
          values[index] = table[index]!;
        }
      }
      return;
    }
    const out = gatheredSums(
      shared,
      problem,
      operand,
      weights,
      this.recipe(use),
      list,
      this.size,
      this.biasAt,
    );
    const result = shared.memory.f32(out, this.size);
    const { unscale } = this.laid;
    for (const { unit, row, columns } of list) {
      for (const column of columns) {
        const index = unit.out + row * outRow + column * outColumn;
        const factor = unscale ? unscale[unit.group * problem.columns + column]! : 1;
        values[index] = result[index]! * factor;
      }
    }
  }

  /** |W||h| + |b| in that accumulator. */
  private magnitudes(use: number): Float32Array {
    const { problem, shared } = this;
    const recipe = this.recipe(use);
    const key = `|W||h| ${recipe.key}`;
    const old = this.tables?.get(key);
    if (old) return old;
    const operand = new Operand(shared.memory, problem, inBinary32(this.laid.x), true);
    const biasAt = this.writeBias("absolute bias", this.bias && this.bias.map(Math.abs));
    const positive = { ...problem, alpha: Math.abs(problem.alpha), beta: Math.abs(problem.beta) };
    const at = shared.memory.scratch("whole", this.size * 4);
    this.forEachPiece(operand, (unit, from, rows) => {
      const panels = this.weights.panels(unit.group, true);
      const target = this.target(unit, from, at, biasAt);
      shared.sums.run(recipe, panels, rows, operand.survey, positive, target);
    });
    const result = shared.memory.f32(at, this.size).slice();
    scaleBack(result, this.laid);
    return this.tables?.set(key, result) ?? result;
  }

  /** All the components in one accumulator: those that another plan left, or made now if they are wanted. */
  private table(use: number, wanted: boolean): Float32Array | null {
    const { shared, problem } = this;
    const recipe = this.recipe(use);
    const old = this.tables?.get(recipe.key);
    if (old) return old;
    if (!wanted) return null;
    const at = shared.memory.scratch("whole", this.size * 4);
    this.forEachPiece(this.operand, (unit, from, rows) => {
      const target = this.target(unit, from, at, this.biasAt);
      shared.sums.run(recipe, this.weights.panels(unit.group), rows, this.operand.survey, problem, target);
    });
    const result = shared.memory.f32(at, this.size).slice();
    scaleBack(result, this.laid);
    return this.tables?.set(recipe.key, result) ?? result;
  }

  private recipe(use: number): Recipe {
    return this.shared.sums.recipe(this.request.accumulators[use]!);
  }

  private forEachPiece(operand: Operand, visit: (unit: Unit, from: number, rows: Rows) => void): void {
    const { problem, shared } = this;
    forEachPiece(shared.memory, shared.crew, problem, 4, (unit, from, count, lanes) =>
      visit(unit, from, operand.rows(unit, from, count, lanes)),
    );
  }

  private copyColumns(into: Float32Array, from: Float32Array, unit: Unit, columns: Int32Array | null): void {
    const { problem } = this;
    if (!columns && problem.units.length === 1) return into.set(from);
    const [outRow, outColumn] = problem.outStep;
    for (let i = 0; i < (columns?.length ?? problem.columns); i++) {
      let at = unit.out + (columns ? columns[i]! : i) * outColumn;
      for (let row = 0; row < problem.rows; row++, at += outRow) into[at] = from[at]!;
    }
  }

  private writeBias(name: string, bias: Float32Array | null): number {
    if (!bias) return 0;
    const { memory } = this.shared;
    const at = memory.scratch(name, bias.length * 4);
    memory.f32(at, bias.length).set(bias);
    return at;
  }

  private target(unit: Unit, row: number, out: number, bias: number): Target {
    return targetOf(this.problem, unit, row, out, bias);
  }
}

const nothing = { recomputed: 0, magnitudes: 0 };
