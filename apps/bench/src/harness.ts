// Measures ratios: everything that is compared runs in one process, in turns, and the median of the rounds counts.
// A shared machine drifts by half between runs; the ratio of two things in the same second hardly does.

/** One thing to measure. `run` does its whole work before it returns (or its promise resolves). */
export interface Contender {
  readonly name: string;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  run(): void | Promise<void>;
}

export interface Measured {
  readonly name: string;
  /** CPU seconds of one run, the median over the rounds. */
  readonly seconds: number;
  readonly macsPerSecond: number;
  /** Per round: seconds per multiply-accumulate. */
  readonly rounds: readonly number[];
}

export interface MeasureOptions {
  readonly rounds?: number;
  /** Each turn repeats its run for about this long. */
  readonly turnMilliseconds?: number;
  /** Runs before the first that counts: they compile. */
  readonly warm?: number;
  /** `wall` for what computes on other threads; `cpu` (default) is steadier on a shared machine. */
  readonly clock?: "cpu" | "wall";
}

export async function measure(
  contenders: readonly Contender[],
  options: MeasureOptions = {},
): Promise<Measured[]> {
  const { rounds = 9, turnMilliseconds = 60, clock = "cpu", warm = 3 } = options;
  const repeats: number[] = [];
  for (const contender of contenders) {
    // The first runs compile; then one turn is sized.
    for (let i = 0; i < warm; i++) await contender.run();
    const once = await seconds(contender, Math.min(2, warm), clock);
    repeats.push(Math.max(1, Math.round(turnMilliseconds / 1000 / Math.max(once, 1e-6))));
  }
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries())
      times[i]!.push(await seconds(contender, repeats[i]!, clock));
  }
  return contenders.map(({ name, macs }, i) => {
    const typical = median(times[i]!);
    return { name, seconds: typical, macsPerSecond: macs / typical, rounds: times[i]!.map((t) => t / macs) };
  });
}

/** How many times as fast as the base, per multiply-accumulate: the median of the rounds' ratios. */
export function speedRatio(of: Measured, base: Measured): number {
  return median(of.rounds.map((t, round) => base.rounds[round]! / t));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Seconds of one run, from `repeats` of them. */
async function seconds({ run }: Contender, repeats: number, clock: "cpu" | "wall"): Promise<number> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; i < repeats; i++) await run();
  const used = process.cpuUsage(cpu);
  const total = clock === "cpu" ? (used.user + used.system) / 1e6 : (performance.now() - wall) / 1e3;
  return total / repeats;
}
