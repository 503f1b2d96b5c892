/**
 * A reconcile that is counted and timed, and is otherwise the one that came in.
 */
import { OvertakenError, TerminalError, type Reconcile } from '../runtime/controller.ts';
import type { OperatorMetrics, ReconcileOutcome } from './operator-metrics.ts';

/** @param nowMs - a clock that never goes back, milliseconds */
export function meteredReconcile(
  reconcile: Reconcile,
  metrics: Pick<OperatorMetrics, 'reconciled'>,
  nowMs: () => number,
): Reconcile {
  return async (key) => {
    const startedMs = nowMs();
    const seconds = (): number => (nowMs() - startedMs) / 1000;
    try {
      const result = await reconcile(key);
      metrics.reconciled(result.requeueAfterMs === null ? 'success' : 'requeue_after', seconds());
      return result;
    } catch (error) {
      metrics.reconciled(outcomeOf(error), seconds());
      throw error;
    }
  };
}

function outcomeOf(error: unknown): ReconcileOutcome {
  if (error instanceof OvertakenError) {
    return 'conflict';
  }
  return error instanceof TerminalError ? 'terminal_error' : 'error';
}
