// One thing at a time, and of all wishes that come meanwhile only the latest.

/** Calls `work`, which does not reject, with a wish as soon as the one before it is done. */
export function latestOnly<T>(work: (wish: T) => Promise<void>): (wish: T) => void {
  let busy = false;
  let next: { readonly wish: T } | null = null;
  const go = async (): Promise<void> => {
    busy = true;
    while (next) {
      const { wish } = next;
      next = null;
      await work(wish);
    }
    busy = false;
  };
  return (wish) => {
    next = { wish };
    if (!busy) void go();
  };
}
