// The shader of a tile: an invocation computes rows x columns components of one group, and loads every operand of a step
// once. Components whose operands were not ordinary go to a queue, for the sums of products.ts.
import type { Shader } from "../shader.js";
import type { Tile } from "../tiles.js";
import { withArithmetic } from "./float.js";
import { sumIn, termLoop } from "./loops.js";
import { component, finished, lookUp, productParams, scaleFunction, usesHalves } from "./products.js";
import type { ProductVariant } from "./products.js";
import { watching, type TileWriter } from "./quick.js";

/** Every component of a list of tiles, scaled, with its bias, unscaled. */
export function tileShader(
  label: string,
  write: TileWriter,
  tile: Tile,
  variant: Omit<ProductVariant, "from" | "magnitudes">,
): Shader {
  const { taps, scaled } = variant;
  const { functions, order, needs, finish } = write(variant);
  const rows = Array.from({ length: tile.rows }, (_, r) => r);
  const columns = Array.from({ length: tile.columns }, (_, c) => c);
  const weights = tile.columns === 1 ? ["w"] : columns.map((c) => `w.${"xyzw"[c]!}`);
  const components = rows.flatMap((r) =>
    columns.map((c) => ({ name: `_${r}_${c}`, w: weights[c]!, h: `h${r}` })),
  );
  const watched = needs && watching(needs);
  const loads = [
    `let w = weights[w_at + k * (p.width / ${tile.columns}u)];`,
    `let tap = ${taps ? "tables[p.taps_at + k]" : "k * p.term_step"};`,
    ...rows.map((r) => `let h${r} = x[h${r}_at + tap];`),
    ...(watched ? weights.map((w) => watched.watch("w", w)) : []),
    ...(watched ? rows.map((r) => watched.watch("h", `h${r}`)) : []),
    "",
  ].join("\n      ");
  const steps = { take: "tile_take", addOuter: "tile_add_outer", loads };
  const code = withArithmetic(
    [lookUp, rowAt, functions, finish, ...(scaled ? [scaleFunction] : [])].join("\n"),
  );
  const store = `values[out_at] = ${finished("tile_sum(sums[i])", { scaled, magnitudes: false })};`;
  const postpone =
    "atomicStore(&queue[1u + atomicAdd(&queue[0], 1u)], line * p.groups * p.columns + lane); continue;";
  return {
    label: `${label}, ${tile.rows}x${tile.columns}`,
    buffers: {
      x: "read u32",
      weights: tile.columns === 4 ? "read vec4u" : "read u32",
      biases: "read u32",
      tables: "read u32",
      ...(watched && { queue: "atomic" as const }),
      values: "write u32",
    },
    params: productParams,
    functions: code,
    body: `  let at = id % p.lanes;
  let first = id / p.lanes * ${tile.rows}u;
  let lines = p.rows * p.samples;
  let slot = looked_up(p.list_at, at, at * ${tile.columns}u);
  let w_at = (slot / p.width * p.length * p.width + slot % p.width) / ${tile.columns}u;
${rows.map((r) => `  let h${r}_at = row_at(slot / p.width, min(first + ${r}u, lines - 1u));`).join("\n")}
${watched ? `  ${watched.declared}\n` : ""}${termLoop(order, "p.length", components, steps)}
  var sums = array<u32, ${components.length}>(${components.map((c) => sumIn(order, c)).join(", ")});
${watched ? `  let fits = ${watched.fits};\n` : ""}  for (var i = 0u; i < ${components.length}u; i++) {
    let line = first + i / ${tile.columns}u;
    let lane = tables[p.slots_at + slot + i % ${tile.columns}u];
    if (line >= lines || lane == 0xffffffffu) { continue; }
${component}
${watched ? `    if (!fits) { ${postpone} }\n` : ""}    ${store}
  }`,
    ...usesHalves(code),
  };
}

/** Where the first term of a line's row is. */
const rowAt = `
fn row_at(group_at: u32, line: u32) -> u32 {
  let row = line % p.rows;
  return tables[p.units_at + (group_at * p.samples + line / p.rows) * 3u] + looked_up(p.places_at, row, row * p.row_step);
}`;
