// Carries out sums: some packed rows times some packed columns, in one accumulator, into the output.
import type { Accumulator } from "@mpplan/ir";
import type { Memory } from "./memory.js";
import type { Rows } from "./operand.js";
import type { Problem } from "./problem.js";
import { chooseKernel, makeRecipe, type KernelChoice, type Recipe, type Survey } from "./recipe.js";
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

/** Up to eight columns of one of the rows in hand. */
export interface Chosen {
  readonly row: number;
  readonly columns: readonly number[];
}

/** Gathered columns go through a kernel while they are in the second-level cache. */
const gatheredBytes = 2 ** 18;

export class Sums {
  private readonly recipes = new Map<string, Recipe>();
  /** How often each kernel ran. */
  readonly used = new Map<string, number>();

  constructor(readonly memory: Memory) {}

  recipe(accumulator: Accumulator): Recipe {
    const key = JSON.stringify(accumulator);
    let recipe = this.recipes.get(key);
    if (!recipe) this.recipes.set(key, (recipe = makeRecipe(this.memory, accumulator).recipe));
    return recipe;
  }

  /** All the columns of the panels for all the rows. */
  run(recipe: Recipe, panels: Panels, rows: Rows, survey: Survey, problem: Problem, target: Target): void {
    for (let from = 0; from < panels.count;) {
      const choice = this.choose(recipe, panels, from, survey);
      let to = from + 1;
      while (to < panels.count) {
        const next = this.choose(recipe, panels, to, survey);
        if (next.name !== choice.name || next.lanes !== choice.lanes) break;
        to++;
      }
      this.runSome(recipe, choice, panels, from, to, rows, problem, target);
      from = to;
    }
  }

  /**
   * Chosen columns for some of the rows, by the kernel that is right for all. `rowMajor` holds the columns one after
   * another; the columns of a row stand together in `work`.
   */
  runChosen(
    recipe: Recipe,
    choice: KernelChoice,
    rowMajor: number,
    work: readonly Chosen[],
    rows: Rows,
    problem: Problem,
    targetOf: (row: number) => Target,
  ): void {
    const { memory } = this;
    const { length } = problem;
    const most = Math.max(4, Math.floor(gatheredBytes / Math.max(1, length * 32)) & ~3);
    const list = memory.scratch("chosen", most * 32);
    const h = memory.scratch("chosen rows", most * 4);
    const panelBytes = length * 32;
    const panels = memory.scratch("gathered", most * panelBytes);
    const c = memory.scratch("sums", most * 64);
    for (let from = 0; from < work.length; from += most) {
      const some = work.slice(from, from + most);
      const places = some.map(({ row }) => rows.row(row, choice.lanes));
      memory.u32(h, some.length).set(places.map(({ at }) => at));
      const columns = memory.i32(list, most * 8);
      for (const [i, chosen] of some.entries()) {
        columns.set(chosen.columns, i * 8);
        const n = chosen.columns.length;
        memory.wasm.gatherPanels32!(rowMajor, list + i * 32, n, length, panels + i * panelBytes);
      }
      const { step } = places[0]!;
      const block = this.block(recipe, length);
      if (choice.lanes === 32) {
        this.call("gathered", recipe, choice, [panels, some.length, h, step, length, block, c]);
      } else {
        const w = memory.scratch("gathered 64", most * panelBytes * 2);
        memory.wasm.widen!(panels, some.length * 8 * length, w);
        for (let i = 0, next = 0; i < some.length; i = next) {
          while (next < some.length && some[next]!.row === some[i]!.row) next++;
          const at = [w + i * panelBytes * 2, next - i, places[i]!.at, step, length, block, c + i * 64];
          this.call("vector", recipe, choice, at);
        }
      }
      for (const [i, { row, columns }] of some.entries()) {
        const sums = c + i * choice.lanes;
        this.finish(
          ...([recipe, choice, sums, choice.lanes, 1, columns.length, list + i * 32, problem] as const),
          targetOf(row),
        );
      }
    }
  }

  private runSome(
    recipe: Recipe,
    choice: KernelChoice,
    panels: Panels,
    from: number,
    to: number,
    rows: Rows,
    problem: Problem,
    target: Target,
  ): void {
    const { memory } = this;
    const { length } = panels;
    const count = to - from;
    const numberBytes = choice.lanes / 8;
    const w = (choice.lanes === 32 ? panels.f32 : panels.f64()) + from * length * 8 * numberBytes;
    const tiles = Math.ceil(rows.count / 4);
    const stride = count * 8 * numberBytes;
    const c = memory.scratch("sums", (rows.kind === "tiles" ? 4 * tiles : 1) * stride);
    const block = this.block(recipe, length);
    if (rows.kind === "tiles" && rows.count > 2) {
      const h = choice.lanes === 32 ? rows.f32 : rows.f64();
      this.call("matrix", recipe, choice, [w, count, h, tiles, length, block, c, stride]);
    } else {
      for (let row = 0; row < rows.count; row++) {
        const h = rows.row(row, choice.lanes);
        this.call("vector", recipe, choice, [w, count, h.at, h.step, length, block, c + row * stride]);
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
    this.finish(recipe, choice, c, stride, rows.count, columns, map, problem, placed);
  }

  private call(
    kind: "matrix" | "vector" | "gathered",
    recipe: Recipe,
    choice: KernelChoice,
    args: number[],
  ): void {
    const name = `${kind}${choice.lanes}_${choice.name}`;
    this.used.set(name, (this.used.get(name) ?? 0) + 1);
    const { constants, outerMode } = recipe;
    if (choice.lanes === 32) this.memory.wasm[name]!(...args, constants.f32, outerMode!);
    else this.memory.wasm[name]!(...args, constants.f64);
  }

  private finish(
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
    const { finish32, finish64 } = this.memory.wasm;
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
