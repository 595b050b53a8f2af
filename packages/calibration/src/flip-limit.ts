// What a count of flips says of their rate: the exact (Clopper-Pearson) upper limit.

/** The probability of at most k successes in n trials of probability p. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (p <= 0 || k >= n) return 1;
  if (p >= 1) return 0;
  // Terms by their ratio, started in logarithms so that none underflows before its time.
  let log = n * Math.log1p(-p);
  let sum = Math.exp(log);
  for (let i = 0; i < k; i++) {
    log += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/**
 * The upper confidence limit of a rate of which `flips` of `samples` were seen: the largest rate at which so few
 * would still be seen with probability 1 - confidence. Clopper and Pearson, Biometrika 26 (1934), one-sided.
 */
export function flipUpperLimit(flips: number, samples: number, confidence: number): number {
  if (flips >= samples) return 1;
  let [low, high] = [flips / samples, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(flips, samples, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** How many samples a limit needs at least, with that many flips among them. */
export function samplesForLimit(limit: number, confidence: number, flips = 0): number {
  let [low, high] = [flips, Math.max(1, flips + 1)];
  while (high < 2 ** 40 && flipUpperLimit(flips, high, confidence) > limit) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (flipUpperLimit(flips, middle, confidence) > limit) low = middle;
    else high = middle;
  }
  return high;
}
