// Long work that listens: runs are synchronous at heart, so without a pause no signal, timer or click gets through.
import type { Executor, Session } from "@mpplan/runtime";

/** Short enough for a person at the keyboard, long enough to cost nothing. */
const pauseEveryMilliseconds = 50;

const breathing = new WeakSet<Executor>();

/** The executor, with a pause for the platform's other work between runs. */
export function withPauses(executor: Executor, every = pauseEveryMilliseconds): Executor {
  if (breathing.has(executor)) return executor;
  let last = performance.now();
  const pause = async (): Promise<void> => {
    if (performance.now() - last < every) return;
    // An await alone resumes before the event loop turns; a timer does not.
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
  const paused = (session: Session): Session => ({
    run: async (feeds, options) => {
      await pause();
      return session.run(feeds, options);
    },
    runValues: async (feeds, options) => {
      await pause();
      return session.runValues(feeds, options);
    },
    get executed() {
      return session.executed;
    },
    dispose: () => session.dispose(),
  });
  const result: Executor = {
    prepare: async (graph, execution) => paused(await executor.prepare(graph, execution)),
    probe: async (graph, accumulators, arrangement) => {
      const probe = await executor.probe(graph, accumulators, arrangement);
      return {
        sites: probe.sites,
        valueSites: probe.valueSites,
        run: async (feeds, visit, options) => {
          await pause();
          return probe.run(feeds, visit, options);
        },
      };
    },
  };
  breathing.add(result);
  return result;
}
