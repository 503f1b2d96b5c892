/**
 * A reconcile that is counted and timed, and is otherwise the one that came in. Wrapped by operator/main.ts around
 * controller/reconcile.ts before runtime/controller.ts gets it.
 */
import { TerminalError, type Reconcile } from '../runtime/controller.ts';
import type { OperatorMetrics } from './operator-metrics.ts';

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
      metrics.reconciled(error instanceof TerminalError ? 'terminal_error' : 'error', seconds());
      throw error;
    }
  };
}
