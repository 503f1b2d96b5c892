/**
 * Which nodes are heard of. In come the leases by which kubelets show that they live, renewed every ten seconds as a rule whoever
 * looks; out comes a call when one falls silent, long before the cluster gives up on the node, or is heard again. Where they
 * may not be read no node is ever silent.
 */
import { SilenceWatch, keepTicking, type TickingEffects } from '../../../runtime/silence-watch.ts';
import { LIFE } from '../../../../multigrid/contract/timings.ts';
import { numberAt, textAt } from '../../../../multigrid/json/fields.ts';
import type { Change, Versioned } from '../../../../kube/informer.ts';
import { InformerGroup, type GroupOptions } from './informer-group.ts';

export interface NodeLease extends Versioned {
  readonly node: string;
  /** As the node's clock has it, so that it only tells one renewal from the next. */
  readonly renewTime: string | null;
  /** Four times as long as a kubelet lets pass between renewals. */
  readonly durationMs: number;
}

/** One renewal may be lost, and the next one late. */
const RENEWALS_MISSED = 2.5;
const RENEWALS_A_LEASE = 4;

export interface NodeLeasesOptions
  extends
    Omit<GroupOptions<NodeLease>, 'namespaces' | 'query' | 'keep' | 'onChange'>,
    Pick<TickingEffects, 'monotonicNow'> {
  /** Told of the name of a node. */
  readonly onTurn: (node: string) => void;
}

export class NodeLeases {
  readonly #options: NodeLeasesOptions;
  readonly #leases: InformerGroup<NodeLease>;
  readonly #watch: SilenceWatch;

  constructor(options: NodeLeasesOptions) {
    this.#options = options;
    this.#watch = new SilenceWatch({
      silenceMs: LIFE.nodeSilenceMs,
      spareMs: LIFE.nodeSilenceMs - LIFE.nodeRenewMs,
      doubtMs: 0,
      onTurn: options.onTurn,
    });
    this.#leases = new InformerGroup<NodeLease>({
      ...options,
      namespaces: ['kube-node-lease'],
      query: { api: '/apis/coordination.k8s.io/v1', resource: 'leases' },
      keep: keepNodeLease,
      onChange: (change) => {
        this.#take(change);
      },
    });
  }

  /** Follows the leases until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const isHearing = (): boolean => this.#leases.isHearing;
    await Promise.all([
      this.#leases.run(signal),
      keepTicking(this.#watch, { ...this.#options, isHearing }, signal),
    ]);
  }

  isSilent(node: string): boolean {
    const { unheardMs, allowedSilenceMs } = this.#watch.silenceOf(node);
    return unheardMs !== null && unheardMs >= allowedSilenceMs;
  }

  #take({ before, after }: Change<NodeLease>): void {
    if (after === null) {
      this.#watch.forget(before?.node ?? '');
    } else if (after.renewTime !== before?.renewTime) {
      const missedMs = (RENEWALS_MISSED * after.durationMs) / RENEWALS_A_LEASE;
      this.#watch.heard(after.node, Math.max(LIFE.nodeSilenceMs, missedMs));
    }
  }
}

/** @returns null for what is no object with a name. */
export function keepNodeLease(object: unknown): NodeLease | null {
  const node = textAt(object, 'metadata', 'name');
  return node === null
    ? null
    : {
        key: node,
        resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
        node,
        renewTime: textAt(object, 'spec', 'renewTime'),
        durationMs: 1000 * (numberAt(object, 'spec', 'leaseDurationSeconds') ?? 0),
      };
}
