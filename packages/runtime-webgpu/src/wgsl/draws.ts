// WGSL of the random numbers of stochastic rounding: sfc32, as in @mpplan/formats, one sequence per component.

/** `begin_draws(seed, component)` starts a component's sequence; `next_draw()` is its next number, of 24 bits. */
const draws = `
var<private> draw_a: u32;
var<private> draw_b: u32;
var<private> draw_c: u32;
var<private> draw_counter: u32;
fn next_draw() -> u32 {
  let result = draw_a + draw_b + draw_counter;
  draw_counter = draw_counter + 1u;
  draw_a = draw_b ^ (draw_b >> 9u);
  draw_b = draw_c + (draw_c << 3u);
  draw_c = ((draw_c << 21u) | (draw_c >> 11u)) + result;
  return result >> 8u;
}
fn begin_draws(seed: u32, component: u32) {
  draw_a = 0u;
  draw_b = seed + (component + 1u) * 0x9e3779b1u;
  draw_c = 0u;
  draw_counter = 1u;
  for (var i = 0u; i < 12u; i++) { _ = next_draw(); }
}`;

export const drawFunctions = { next_draw: draws } as const;

/** What a shader does before the sum of a component, given in WGSL; a line, or nothing where its functions draw nothing. */
export function beginDraws(functions: string, component: string): string {
  return /\bnext_draw\(/.test(functions) ? `  begin_draws(p.seed, ${component});\n` : "";
}
