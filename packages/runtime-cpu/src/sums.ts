// Carries out sums: some packed rows times some packed columns, in one accumulator, into the output.
import type { Accumulator } from "@mpplan/ir";
import type { Lane, Memory } from "./memory.js";
import type { Rows } from "./operand.js";
import type { Problem, Unit } from "@mpplan/runtime";
import { chooseKernel, makeRecipe, type KernelChoice, type Recipe, type Survey } from "./recipe.js";
import type { Crew } from "./threads/crew.js";
import { forEachPanels } from "./threads/split.js";
import type { Panels } from "./weights.js";

/** Where components go, and where their bias stands: addresses and steps in bytes. Bias 0 is none. */
export interface Target {
  readonly out: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly bias: number;
  readonly biasRowStep: number;
  readonly biasStep: number;
}

/** Where the components of a unit go, from a row on, in an output and with a bias of binary32. */
export function targetOf(problem: Problem, unit: Unit, row: number, out: number, bias: number): Target {
  const [outRow, outColumn] = problem.outStep;
  const [biasRow, biasColumn] = problem.biasStep;
  return {
    out: out + (unit.out + row * outRow) * 4,
    rowStep: outRow * 4,
    columnStep: outColumn * 4,
    bias: bias && bias + (unit.bias + row * biasRow) * 4,
    biasRowStep: biasRow * 4,
    biasStep: biasColumn * 4,
  };
}

/** Up to eight columns of one of the rows in hand. */
export interface Chosen {
  readonly row: number;
  readonly columns: readonly number[];
}

/** What `runChosen` needs room for, of each. */
export const chosenBytes = 36;

/** Gathered columns go through a kernel while they are in the second-level cache. */
const gatheredBytes = 2 ** 18;

export class Sums {
  private readonly recipes = new Map<string, Recipe>();
  /** How often each kernel ran. */
  readonly used = new Map<string, number>();

  constructor(
    readonly memory: Memory,
    private readonly crew: Crew | null = null,
  ) {}

  recipe(accumulator: Accumulator): Recipe {
    const key = JSON.stringify(accumulator);
    let recipe = this.recipes.get(key);
    if (!recipe) this.recipes.set(key, (recipe = makeRecipe(this.memory, accumulator).recipe));
    return recipe;
  }

  /** All the columns of the panels for all the rows. */
  run(recipe: Recipe, panels: Panels, rows: Rows, survey: Survey, problem: Problem, target: Target): void {
    forEachPanels(this.memory, this.crew, rows, panels, (lane, first, end) => {
      for (let from = first; from < end;) {
        const choice = this.choose(recipe, panels, from, survey);
        let to = from + 1;
        while (to < end) {
          const next = this.choose(recipe, panels, to, survey);
          if (next.name !== choice.name || next.lanes !== choice.lanes) break;
          to++;
        }
        this.runSome(lane, recipe, choice, panels, from, to, rows, problem, target);
        from = to;
      }
    });
  }

  /**
   * Chosen columns for some of the rows, by the kernel that is right for all. `rowMajor` holds the columns one after
   * another; the columns of a row stand together in `work`. `room` is memory for what the kernels are told of the
   * work, `chosenBytes` for each: it is read when they run.
   */
  runChosen(
    recipe: Recipe,
    choice: KernelChoice,
    rowMajor: number,
    work: readonly Chosen[],
    rows: Rows,
    problem: Problem,
    room: number,
    targetOf: (row: number) => Target,
  ): void {
    const { memory } = this;
    const { lane } = rows;
    const { length } = problem;
    const offsets = room + work.length * 32;
    const lists = memory.i32(room, work.length * 8);
    const starts = memory.u32(offsets, work.length);
    for (const [i, { row, columns }] of work.entries()) {
      starts[i] = rows.row(row, 32).at - rows.f32;
      // The last column fills up.
      for (let j = 0; j < 8; j++) lists[i * 8 + j] = columns[Math.min(j, columns.length - 1)]!;
    }
    const panelBytes = length * 32;
    const most = Math.max(4, Math.floor(gatheredBytes / Math.max(1, panelBytes)) & ~3);
    const atOnce = Math.min(most, work.length);
    const panels = lane.scratch("gathered", atOnce * panelBytes);
    const w = choice.lanes === 32 ? panels : lane.scratch("gathered 64", atOnce * panelBytes * 2);
    const c = lane.scratch("sums", atOnce * 64);
    const block = this.block(recipe, length);
    const { step } = rows.row(0, choice.lanes);
    for (let from = 0; from < work.length; from += most) {
      const some = work.slice(from, from + most);
      const list = room + from * 32;
      lane.wasm.gatherPanels32!(rowMajor, list, some.length * 8, length, panels);
      if (choice.lanes === 32) {
        const h = [rows.f32, offsets + from * 4, step];
        this.call(lane, "gathered", recipe, choice, [panels, some.length, ...h, length, block, c]);
      } else {
        lane.wasm.widen!(panels, some.length * 8 * length, w);
      }
      for (let i = 0, next = 1; i < some.length; i = next++) {
        const { row } = some[i]!;
        // Panels of one row are finished together; only the last of them may not be full.
        while (some[next]?.row === row && some[next - 1]!.columns.length === 8) next++;
        const sums = c + i * choice.lanes;
        if (choice.lanes === 64) {
          const h = rows.row(row, 64);
          const at = [w + i * panelBytes * 2, next - i, h.at, step, length, block, sums];
          this.call(lane, "vector", recipe, choice, at);
        }
        const columns = (next - i - 1) * 8 + some[next - 1]!.columns.length;
        const stride = (next - i) * choice.lanes;
        this.finish(
          ...([lane, recipe, choice, sums, stride, 1, columns, list + i * 32, problem] as const),
          targetOf(row),
        );
      }
    }
  }

  private runSome(
    lane: Lane,
    recipe: Recipe,
    choice: KernelChoice,
    panels: Panels,
    from: number,
    to: number,
    rows: Rows,
    problem: Problem,
    target: Target,
  ): void {
    const { length } = panels;
    const count = to - from;
    const numberBytes = choice.lanes / 8;
    const w = (choice.lanes === 32 ? panels.f32 : panels.f64()) + from * length * 8 * numberBytes;
    const tiles = Math.ceil(rows.count / 4);
    const stride = count * 8 * numberBytes;
    const c = lane.scratch("sums", (rows.kind === "tiles" ? 4 * tiles : 1) * stride);
    const block = this.block(recipe, length);
    if (rows.kind === "tiles" && rows.count > 2) {
      const h = choice.lanes === 32 ? rows.f32 : rows.f64();
      this.call(lane, "matrix", recipe, choice, [w, count, h, tiles, length, block, c, stride]);
    } else {
      for (let row = 0; row < rows.count; row++) {
        const h = rows.row(row, choice.lanes);
        this.call(lane, "vector", recipe, choice, [w, count, h.at, h.step, length, block, c + row * stride]);
      }
    }
    const columns = Math.min(panels.columns - from * 8, count * 8);
    const placed =
      panels.map !== 0
        ? target
        : {
            ...target,
            out: target.out + from * 8 * target.columnStep,
            bias: target.bias && target.bias + from * 8 * target.biasStep,
          };
    const map = panels.map && panels.map + from * 32;
    this.finish(lane, recipe, choice, c, stride, rows.count, columns, map, problem, placed);
  }

  private call(
    lane: Lane,
    kind: "matrix" | "vector" | "gathered",
    recipe: Recipe,
    choice: KernelChoice,
    args: number[],
  ): void {
    const name = `${kind}${choice.lanes}_${choice.name}`;
    this.used.set(name, (this.used.get(name) ?? 0) + 1);
    const { constants, outerMode } = recipe;
    if (choice.lanes === 32) lane.wasm[name]!(...args, constants.f32, outerMode!);
    else lane.wasm[name]!(...args, constants.f64);
  }

  private finish(
    lane: Lane,
    recipe: Recipe,
    choice: KernelChoice,
    c: number,
    stride: number,
    rows: number,
    columns: number,
    map: number,
    { alpha, beta }: Problem,
    t: Target,
  ): void {
    const { finish32, finish64 } = lane.wasm;
    const place = [map, t.out, t.rowStep, t.columnStep, t.bias, t.biasRowStep, t.biasStep];
    const finish = choice.lanes === 32 ? finish32! : finish64!;
    finish(c, stride, rows, columns, ...place, alpha, beta, recipe.constants.finish);
  }

  private block(recipe: Recipe, length: number): number {
    return Math.max(1, Math.min(recipe.block, length));
  }

  private choose(recipe: Recipe, panels: Panels, panel: number, h: Survey): KernelChoice {
    const bound = needsGuard(recipe) && h.finite ? panels.guardFor(recipe).bound(panel, h.level) : null;
    return chooseKernel(recipe, { w: panels.survey, h, bound });
  }

  /** One kernel for all the columns. */
  chooseForAll(recipe: Recipe, panels: Panels, h: Survey): KernelChoice {
    let bound: number | null = needsGuard(recipe) && h.finite ? 0 : null;
    for (let panel = 0; panel < panels.count && bound !== null; panel++) {
      const own = panels.guardFor(recipe).bound(panel, h.level);
      bound = own === null ? null : Math.max(bound, own);
    }
    return chooseKernel(recipe, { w: panels.survey, h, bound });
  }
}

/** Binary64, and binary32 that overflows to infinity, are computed without clamps anyway. */
function needsGuard({ inner, outer, accumulator }: Recipe): boolean {
  if (inner.carrier) return false;
  const plain = inner.name === "binary32" && outer.name === "binary32" && accumulator.product === "f32-add";
  return !(plain && accumulator.overflow === "infinity");
}
