/** In: nothing. Out: a type, what every opening may need. */
import type { JointStop } from '../collective/joint-stop.ts';
import type { Prepared } from '../prepare.ts';
import type { ProgressReporter } from '../progress/progress-reporter.ts';
import type { Surroundings } from '../surroundings.ts';

export interface Opening {
  readonly prepared: Prepared;
  readonly surroundings: Surroundings;
  readonly reporter: ProgressReporter;
  readonly stop: JointStop;
}
