// Cuts the rows of a problem into pieces, and the pieces over the threads. A component is one sum, whoever computes
// it: no cut changes a bit.
import type { Lane, Memory } from "../memory.js";
import { piece } from "../operand.js";
import type { Problem, Unit } from "@mpplan/runtime";
import type { Crew } from "./crew.js";

/** The lanes that a piece is packed in: its rows, and the padded image that they are taken from. One object a task. */
export interface Lanes {
  readonly rows: Lane;
  readonly image: Lane;
}

/** For results that are read from memory in between: a visit's are there until they are taken. */
export interface Harvest {
  /** Rows that there is room for, a multiple of 4. */
  readonly rows: number;
  /** Called when all visits so far are carried out. */
  take(): void;
}

export type VisitPiece = (unit: Unit, from: number, count: number, lanes: Lanes) => void;

/** Rows that a task has at least: every task reads all the columns. */
const leastRows = 16;
/** Panels of gathered columns that a task has at least. */
const leastPanels = 16;
/** Tasks per thread that even out how fast the threads are. */
const tasksPerThread = 4;

export const worthSplitting = (crew: Crew | null, macs: number): crew is Crew =>
  crew !== null && macs >= crew.leastMacs;

/**
 * Visits all the rows of all the units in pieces that fit a cache. With a crew, in tasks of it where there are rows
 * enough for all threads; otherwise now, and whoever visits may share out the columns (`forEachPanels`).
 */
export function forEachPiece(
  memory: Memory,
  crew: Crew | null,
  problem: Problem,
  bytesPerNumber: 4 | 8,
  visit: VisitPiece,
  harvest?: Harvest,
): void {
  const { units, rows } = problem;
  const room = harvest?.rows ?? Infinity;
  const most = Math.min(room, piece(problem, bytesPerNumber));
  const now = { rows: memory, image: memory };
  const perRow = problem.columns * problem.length;
  const all = units.length * rows * perRow;
  const pieces = (unit: Unit, lanes: Lanes, done?: () => void): void => {
    for (let from = 0; from < rows; from += most) {
      visit(unit, from, Math.min(most, rows - from), lanes);
      done?.();
    }
  };
  const take = (): void => harvest?.take();
  if (!worthSplitting(crew, all)) {
    for (const unit of units) pieces(unit, now, take);
    return;
  }
  let held = 0;
  const makeRoom = (count: number): void => {
    if (held + count > room) {
      crew.join();
      take();
      held = 0;
    }
    held += count;
  };
  const enough = crew.threads * leastRows;
  if (units.length >= 2 * crew.threads && rows <= room) {
    // Whole units, each with its own image; some at a time where they are small.
    const share = Math.floor(units.length / (crew.threads * tasksPerThread));
    const some = Math.max(1, Math.min(share, Math.floor(room / Math.max(1, rows))));
    crew.run(() => {
      for (let i = 0; i < units.length; i += some) {
        const mine = units.slice(i, i + some);
        const lanes = { rows: crew, image: crew };
        makeRoom(mine.length * rows);
        crew.task(mine.length * rows * perRow, () => mine.forEach((unit) => pieces(unit, lanes)));
      }
    });
  } else if (rows >= enough && worthSplitting(crew, rows * perRow)) {
    const lanes = { rows: crew, image: memory };
    crew.run(() => {
      for (const unit of units) {
        for (let from = 0; from < rows;) {
          const count = nextCount(rows - from, most, crew.threads);
          makeRoom(count);
          crew.task(count * perRow, () => visit(unit, from, count, lanes));
          from += count;
        }
        // The next unit's image takes the place of this one's.
        if ("size" in problem.operand) crew.join();
      }
    });
  } else {
    for (const unit of units) pieces(unit, now, take);
    return;
  }
  take();
}

/** Large pieces first, smaller ones to the end, so that the threads finish together. */
function nextCount(left: number, most: number, threads: number): number {
  const share = Math.ceil(left / (2 * threads) / 4) * 4;
  return Math.min(left, most, Math.max(leastRows, share));
}

/** Visits the panels for some packed rows: in tasks, where the rows are on the calling thread and worth it. */
export function forEachPanels(
  memory: Memory,
  crew: Crew | null,
  rows: { readonly lane: Lane; readonly count: number },
  panels: { readonly count: number; readonly length: number },
  visit: (lane: Lane, from: number, to: number) => void,
): void {
  const perPanel = rows.count * 8 * panels.length;
  if (rows.lane !== memory || !worthSplitting(crew, panels.count * perPanel))
    return visit(rows.lane, 0, panels.count);
  // Kernels for one row walk four panels at a time.
  const together = rows.count < 3 ? 4 : 1;
  const share = Math.ceil(panels.count / (crew.threads * tasksPerThread));
  const most = Math.ceil(share / together) * together;
  crew.run(() => {
    for (let from = 0; from < panels.count; from += most) {
      const to = Math.min(panels.count, from + most);
      crew.task((to - from) * perPanel, () => visit(crew, from, to));
    }
  });
}

/** Panels of a task where some components of each row are wanted, and how many they are in all. */
export function sparsePanels(crew: Crew, panels: number): number {
  return Math.max(leastPanels, Math.ceil(panels / (crew.threads * tasksPerThread)));
}
