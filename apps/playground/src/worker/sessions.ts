// Sessions of one graph, kept by backend and plan for as long as the plan is in use.
import type { Graph, Plan } from "@mpplan/ir";
import type { Execution, Executor, Session } from "@mpplan/runtime";

export class Sessions {
  private readonly byExecutor = new Map<Executor, Map<Execution, Promise<Session>>>();

  constructor(private readonly graph: Graph) {}

  on(executor: Executor, execution: Execution): Promise<Session> {
    let sessions = this.byExecutor.get(executor);
    if (!sessions) this.byExecutor.set(executor, (sessions = new Map()));
    let session = sessions.get(execution);
    if (!session) sessions.set(execution, (session = executor.prepare(this.graph, execution)));
    return session;
  }

  /** Disposes of sessions on other executors, and of other plans. */
  keep(executors: readonly Executor[], plans: ReadonlySet<Plan>): void {
    for (const [executor, sessions] of this.byExecutor) {
      for (const [execution, session] of sessions) {
        if (executors.includes(executor) && (execution === "reference" || plans.has(execution))) continue;
        sessions.delete(execution);
        dispose(session);
      }
      if (sessions.size === 0) this.byExecutor.delete(executor);
    }
  }

  dispose(): void {
    for (const sessions of this.byExecutor.values()) [...sessions.values()].forEach(dispose);
    this.byExecutor.clear();
  }
}

/** One that could not be prepared told so to whoever asked for it. */
function dispose(session: Promise<Session>): void {
  session.then(
    (s) => s.dispose(),
    () => {},
  );
}
