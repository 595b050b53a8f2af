// Where columns stand in the packed weights: each part's next to each other, so that a tile's weights of a step are
// one load.
import type { Tile } from "./tiles.js";

/** Columns that are summed in the same way, as group x columns + column, in tiles of one kind. */
export interface TiledPart {
  readonly lanes: readonly number[];
  readonly tile: Tile;
}

export interface Packing {
  /** Slots per group. */
  readonly width: number;
  /** Per (group, slot): its lane, or -1 where it is empty; null where slots are columns. */
  readonly lanes: Int32Array | null;
  /** Per lane: its slot in the group; null where slots are columns. */
  readonly slots: Int32Array | null;
  /** Per part: the slots, over all groups, where its tiles begin, or its lanes if it has none; null for all there are. */
  readonly lists: readonly (readonly number[] | null)[];
}

export const isTiled = ({ rows, columns }: Tile): boolean => rows * columns > 1;

export function packColumns(groups: number, columns: number, parts: readonly TiledPart[]): Packing {
  const alone = parts.length === 1;
  if (!parts.some(({ tile }) => isTiled(tile))) {
    return { width: columns, lanes: null, slots: null, lists: parts.map((p) => (alone ? null : p.lanes)) };
  }
  const ends = new Array<number>(groups).fill(0);
  const slots = new Int32Array(groups * columns);
  const begins = parts.map((): { group: number; slot: number }[] => []);
  // The widest tiles first, so that each begins at a multiple of its width.
  const order = [...parts.entries()].sort(([, a], [, b]) => b.tile.columns - a.tile.columns);
  for (const [i, { lanes, tile }] of order) {
    for (const [group, mine] of byGroup(lanes, columns)) {
      const from = ends[group]!;
      mine.forEach((lane, k) => (slots[lane] = from + k));
      ends[group] = from + Math.ceil(mine.length / tile.columns) * tile.columns;
      for (let slot = from; slot < ends[group]; slot += tile.columns) begins[i]!.push({ group, slot });
    }
  }
  const widest = order[0]![1].tile.columns;
  const width = Math.ceil(Math.max(0, ...ends) / widest) * widest;
  const lanes = new Int32Array(groups * width).fill(-1);
  slots.forEach((slot, lane) => (lanes[Math.floor(lane / columns) * width + slot] = lane));
  const everywhere = alone && ends.every((end) => end === width);
  return {
    width,
    lanes,
    slots,
    lists: parts.map((part, i) =>
      everywhere
        ? null
        : isTiled(part.tile)
          ? begins[i]!.map(({ group, slot }) => group * width + slot)
          : part.lanes,
    ),
  };
}

function byGroup(lanes: readonly number[], columns: number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const lane of lanes) {
    const group = Math.floor(lane / columns);
    const list = groups.get(group);
    if (list) list.push(lane);
    else groups.set(group, [lane]);
  }
  return groups;
}

/** How many of the lanes each group has, for the groups that have any. */
export const lanesPerGroup = (lanes: readonly number[], columns: number): number[] =>
  [...byGroup(lanes, columns).values()].map((list) => list.length);
