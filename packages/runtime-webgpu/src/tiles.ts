// How many components an invocation computes: as many as leave enough invocations to go round.

/** Rows times columns of one group; 1 x 1 is a component by itself. */
export interface Tile {
  readonly rows: 1 | 4;
  readonly columns: 1 | 4;
}

/** What is to be shared out: rows of a group over all its samples, and columns of each group. */
export interface Work {
  readonly lines: number;
  readonly columns: readonly number[];
}

export type ChooseTile = (work: Work) => Tile;

export const single: Tile = { rows: 1, columns: 1 };

const tiles: readonly Tile[] = [
  { rows: 4, columns: 4 },
  { rows: 1, columns: 4 },
  { rows: 4, columns: 1 },
];

/** Sixteen workgroups. Found on software adapters; what a GPU likes best was not measured. */
const fewest = 1024;

export function invocations({ lines, columns }: Work, tile: Tile): number {
  const across = columns.reduce((sum, n) => sum + Math.ceil(n / tile.columns), 0);
  return Math.ceil(lines / tile.rows) * across;
}

/** The largest tile of which enough remain, and which is for the most part not empty. */
export function chooseTile(work: Work): Tile {
  const components = work.lines * work.columns.reduce((sum, n) => sum + n, 0);
  const fits = (tile: Tile): boolean => {
    const count = invocations(work, tile);
    return count >= fewest && components >= 0.7 * count * tile.rows * tile.columns;
  };
  return tiles.find(fits) ?? single;
}
