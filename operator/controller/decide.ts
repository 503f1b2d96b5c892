/**
 * What to do about a job: pure, one observation in, one decision out. The rules stand in the order in which they have a
 * say; the first that settles the matter ends it. Read this list first, then the rule you came for.
 */
import { DecisionDraft, type Decision, type Policy } from './decision.ts';
import type { Observation } from './observation.ts';
import {
  enforceActiveDeadline,
  enforcePreRunningDeadline,
  enforceProgressDeadline,
} from './policies/deadlines.ts';
import { rememberEndedPods } from './policies/ended-pods.ts';
import { awaitGangPause, releaseGang } from './policies/gang.ts';
import { keepFinished } from './policies/finished.ts';
import { mendChildren } from './policies/mend-children.ts';
import { ensurePlan } from './policies/plan.ts';
import { reportReplicas } from './policies/replicas.ts';
import { endLingering, recordEnd, startWorkers } from './policies/restart.ts';
import { judgeDataWait, leadTrainer, reportRunning } from './policies/running.ts';
import { askAgain, reportTrouble } from './policies/stuck.ts';
import { holdSuspended } from './policies/suspend.ts';
import { forgetGoneWorkers } from './policies/worker-counts.ts';

const POLICIES: readonly Policy[] = [
  forgetGoneWorkers,
  rememberEndedPods,
  keepFinished,
  ensurePlan,
  reportReplicas,
  holdSuspended,
  recordEnd,
  endLingering,
  mendChildren,
  askAgain,
  awaitGangPause,
  startWorkers,
  releaseGang,
  enforcePreRunningDeadline,
  enforceProgressDeadline,
  enforceActiveDeadline,
  reportTrouble,
  reportRunning,
  judgeDataWait,
  leadTrainer,
];

export function decide(observation: Observation): Decision {
  const draft = new DecisionDraft(observation);
  for (const policy of POLICIES) {
    if (policy(observation, draft) === 'settled') {
      break;
    }
  }
  return draft.result();
}
