// Computes chosen components again, as run-time tests ask for them: gathered columns, eight of a row at a time, for rows
// that are near each other.
import type { Operand } from "./operand.js";
import { piece } from "./operand.js";
import type { Problem, Unit } from "@mpplan/runtime";
import type { Recipe } from "./recipe.js";
import type { Shared, Weights } from "./shared.js";
import { chosenBytes, targetOf, type Chosen, type Target } from "./sums.js";
import { sparsePanels, worthSplitting, type Lanes } from "./threads/split.js";

/** Components of one row to be computed again. */
export interface Again {
  readonly unit: Unit;
  readonly row: number;
  readonly columns: readonly number[];
}

/** Work on rows of a unit that are near each other; its rows count from `from`. */
interface Part {
  readonly unit: Unit;
  readonly from: number;
  readonly work: Chosen[];
}

/**
 * Computes what is listed, in tasks of the crew where that is worth it.
 *
 * @returns the address of an output of `size` binary32 numbers, in which the listed components hold
 */
export function gatheredSums(
  { memory, crew, sums }: Shared,
  problem: Problem,
  operand: Operand,
  weights: Weights,
  recipe: Recipe,
  list: readonly Again[],
  size: number,
  bias: number,
): number {
  const { units, length } = problem;
  const out = memory.scratch("again", size * 4);
  const kernels = Array.from({ length: problem.groups }, (_, group) =>
    sums.chooseForAll(recipe, weights.panels(group), operand.survey),
  );
  const panels = list.reduce((sum, { columns }) => sum + Math.ceil(columns.length / 8), 0);
  let room = memory.scratch("chosen", panels * chosenBytes);
  const compute = ({ unit, from, work }: Part, lanes: Lanes): void => {
    const rows = operand.rows(unit, from, work.at(-1)!.row + 1, lanes);
    const target = (row: number): Target => targetOf(problem, unit, from + row, out, bias);
    const { at } = weights.rowMajor(unit.group);
    sums.runChosen(recipe, kernels[unit.group]!, at, work, rows, problem, room, target);
    room += work.length * chosenBytes;
  };

  const most = piece(problem, 4);
  if (!worthSplitting(crew, panels * 8 * length)) {
    const lanes = { rows: memory, image: memory };
    for (const part of inParts(list, most, Infinity)) compute(part, lanes);
    return out;
  }
  const patches = "size" in problem.operand;
  // Few images are made once each, and tasks on different ones never are at the same time.
  const ownImages = units.length >= 2 * crew.threads;
  crew.run(() => {
    let last: Unit | null = null;
    for (const part of inParts(list, most, sparsePanels(crew, panels))) {
      if (patches && !ownImages && last && last !== part.unit) crew.join();
      last = part.unit;
      const lanes = { rows: crew, image: ownImages ? crew : memory };
      crew.task(part.work.length * 8 * length, () => compute(part, lanes));
    }
  });
  return out;
}

/** In the order of their places: at most `most` rows of a unit, and so many panels. */
function inParts(list: readonly Again[], most: number, panels: number): Part[] {
  const parts: Part[] = [];
  for (const { unit, row, columns } of [...list].sort(byPlace)) {
    for (let i = 0; i < columns.length; i += 8) {
      let part = parts.at(-1);
      if (part?.unit !== unit || row - part.from >= most || part.work.length >= panels) {
        // Rows are packed in tiles of four.
        part = { unit, from: row & ~3, work: [] };
        parts.push(part);
      }
      part.work.push({ row: row - part.from, columns: columns.slice(i, i + 8) });
    }
  }
  return parts;
}

const byPlace = (a: Again, b: Again): number => a.unit.out - b.unit.out || a.row - b.row;
