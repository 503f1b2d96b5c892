/**
 * Shows a running job to a person: a block that is drawn over itself where there is a screen, plain lines where there is
 * none. In come versions of the job object, nothing comes out. Made by `run`, `compare`,
 * `quickstart` and `status`.
 */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { CommandIo, Screen } from '../io.ts';
import { PlainLines } from './plain-lines.ts';
import { printable, printableJob } from './printable.ts';
import { type Paint, runView } from './run-view.ts';

export interface RunDisplay {
  /** Shows the newest version of the job. */
  readonly show: (job: StoredJob) => void;
  /** Says something once that stays on the screen. */
  readonly notice: (message: string) => void;
  /** Leaves what is shown as it is; nothing may be shown after it. */
  readonly close: () => void;
}

/** A job as lines for a terminal of this width. */
export type JobLines = (job: StoredJob, columns: number, paint: Paint) => readonly string[];

/**
 * Progress goes to standard error, so that standard output holds results only.
 *
 * @param now - milliseconds since 1970
 * @param view - what is drawn where there is a screen
 */
export function createRunDisplay(
  { screen, stderr }: Pick<CommandIo, 'screen' | 'stderr'>,
  now: () => number,
  view: JobLines = runView,
): RunDisplay {
  return screen === undefined ? plainDisplay(stderr, now) : liveDisplay(screen, view);
}

function liveDisplay(screen: Screen, view: JobLines): RunDisplay {
  const draw = createLogUpdate(screen, { showCursor: true });
  const paint = paintFor(screen);
  return {
    show: (job) => {
      draw(view(printableJob(job), screen.columns, paint).join('\n'));
    },
    notice: (message) => {
      draw.persist(printable(message));
    },
    close: () => {
      draw.done();
    },
  };
}

function plainDisplay(write: (text: string) => void, now: () => number): RunDisplay {
  const lines = new PlainLines();
  const writeLine = (line: string): void => {
    write(`${line}\n`);
  };
  return {
    show: (job) => {
      lines.next(job, now()).forEach(writeLine);
    },
    notice: writeLine,
    close: () => undefined,
  };
}

/** `styleText` leaves colour out by itself for NO_COLOR and for streams that show none. */
function paintFor(stream: Screen): Paint {
  return {
    strong: (text) => styleText('bold', text, { stream }),
    weak: (text) => styleText('dim', text, { stream }),
    good: (text) => styleText('cyan', text, { stream }),
    warning: (text) => styleText('yellow', text, { stream }),
  };
}
