// Two scales of colour, told apart by anyone and seen on light and dark: decisions from blue to orange, kappa from
// violet to yellow (viridis).

type Rgb = readonly [number, number, number];

const decision: readonly Rgb[] = [
  [28, 88, 168],
  [76, 148, 204],
  [222, 206, 150],
  [240, 152, 56],
  [208, 70, 8],
];
const viridis: readonly Rgb[] = [
  [72, 36, 117],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];
/** No value: neither end of any scale. */
export const nothing: Rgb = [128, 128, 128];

export const decisionColour = (level: number): Rgb => between(decision, level);
export const kappaColour = (place: number): Rgb => between(viridis, place);
export const css = (colour: Rgb): string => `rgb(${colour.join(" ")})`;

/** A CSS gradient of a scale, for its legend. */
export function gradient(scale: (place: number) => Rgb): string {
  return `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((p) => css(scale(p))).join(", ")})`;
}

function between(stops: readonly Rgb[], place: number): Rgb {
  const at = Math.max(0, Math.min(1, place)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const mix = (c: 0 | 1 | 2): number =>
    Math.round(stops[i]![c] + (at - i) * (stops[i + 1]![c] - stops[i]![c]));
  return [mix(0), mix(1), mix(2)];
}
