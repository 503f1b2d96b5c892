/**
 * The Indexed Job that keeps one pod per worker. In comes a training job, out comes the Job. Kubernetes replaces pods,
 * also while the operator is away; how many failures are too many is the operator's to say, so the Job itself never
 * gives up but on errors that another try would bring again.
 */
import type { TrainingJob } from '../platform/platform.ts';
import { podsOf } from '../status/world-size.ts';
import { childOf, type Child } from './child.ts';
import { PERMANENT_CODES, STOPPED } from '../../multigrid/contract/exit-codes.ts';
import { SPEC_HASH } from '../../multigrid/contract/names.ts';
import { TRAINER_CONTAINER } from '../../multigrid/contract/trainer-pod.ts';
import { podTemplateOf, type WorkerSettings } from './pod-template.ts';
import { sha256Hex } from '../../storage/sha256.ts';

/** The largest there is: the operator counts (`runPolicy.backoffLimit`), not the Job. */
const NEVER = 2 ** 31 - 1;

/** Labels of a training job that are meant for whoever admits the Job: Kueue. */
const PASSED_ON = ['kueue.x-k8s.io/queue-name', 'kueue.x-k8s.io/priority-class'];

export function indexedJobOf(job: TrainingJob, settings: WorkerSettings): Child {
  const replicas = podsOf(job);
  const head = childOf(job, 'batch/v1', 'Job');
  // No `suspend`: where Kueue admits jobs, that field is Kueue's.
  const spec = {
    completionMode: 'Indexed',
    completions: replicas,
    parallelism: replicas,
    backoffLimit: NEVER,
    // A successor only when the pod before is gone for certain: two of them would write the same checkpoints.
    podReplacementPolicy: 'Failed',
    // The others end when the first says so; one that never heard it, or was just being replaced, is not waited for.
    ...(replicas > 1 ? { successPolicy: { rules: [{ succeededIndexes: '0' }] } } : {}),
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        exitCodeRule('Ignore', [STOPPED]),
        exitCodeRule('FailJob', PERMANENT_CODES),
      ],
    },
    template: podTemplateOf(job, settings),
  };
  return {
    ...head,
    metadata: {
      ...head.metadata,
      labels: { ...passedOn(job), ...head.metadata.labels },
      annotations: { [SPEC_HASH]: hashOf(spec) },
    },
    spec,
  };
}

function hashOf(spec: object): string {
  return sha256Hex(JSON.stringify(spec)).slice(0, 16);
}

function passedOn({ metadata }: TrainingJob): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata.labels ?? {});
  return Object.fromEntries(entries.filter(([key]) => PASSED_ON.includes(key)));
}

function exitCodeRule(action: 'Ignore' | 'FailJob', values: readonly number[]): object {
  return { action, onExitCodes: { containerName: TRAINER_CONTAINER, operator: 'In', values } };
}
