/** A plan in words for a person: what it is, its phases, its picture, its saving, and what is wrong with it. Pure. */
import type { Plan, PlanProblem } from '../../multigrid/plan/types.ts';
import type { PlanScaling } from '../../multigrid/sharing/scaling.ts';
import { gridPicture } from './grid-picture.ts';
import { phaseTable, shortNumber } from './phase-table.ts';
import { sharingText } from './sharing-text.ts';

export interface PlanTextSettings {
  readonly name: string;
  readonly model: string;
  readonly clips: number;
  /** Characters that fit into a line. */
  readonly columns: number;
  /** Epochs and the learning rates asked for. */
  readonly learningRates: readonly (readonly [number, number])[];
  /** How it is shared out among the numbers of workers asked for. */
  readonly sharings: readonly PlanScaling[];
}

export function planText(plan: Plan, settings: PlanTextSettings): string {
  const { totals } = plan;
  const paragraphs = [
    `${settings.name}: ${settings.model} on ${settings.clips} clips, ` +
      `${plural(plan.phases.length, 'phase')} over ${plural(plan.epochs, 'epoch')}\n`,
    phaseTable(plan),
    picture(plan, settings.columns),
    `${totals.iterations} iterations, ${totals.iterationRatio.toFixed(2)} times fewer than the baseline's ` +
      `${totals.baselineIterations}; ${totals.framePixelRatio.toFixed(2)} times fewer frame-pixels\n`,
    settings.learningRates
      .map(([epoch, rate]) => `learning rate at epoch ${epoch}: ${shortNumber(rate)}\n`)
      .join(''),
    sharingText(settings.sharings),
    `plan ${plan.hash}\n`,
  ];
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n');
}

/** The reasons why a plan must not be run, phases with the same reason together. Empty when it may. */
export function problemText(problems: readonly PlanProblem[]): string {
  if (problems.length === 0) {
    return '';
  }
  const byReason = Map.groupBy(problems, ({ code, message, nearest }) =>
    JSON.stringify([code, message, nearest]),
  );
  const lines = [...byReason.values()].map((same) => {
    const phases = same.flatMap(({ phase }) => (phase === null ? [] : [phase + 1]));
    const [first] = same;
    const where = phases.length === 0 ? 'plan' : `phase ${phases.join(', ')}`;
    return `  ${where}: ${first?.message} [${first?.code}]\n${nearestText(first?.nearest ?? {})}`;
  });
  return `\nThis plan cannot be run:\n${lines.join('')}`;
}

function nearestText(nearest: PlanProblem['nearest']): string {
  const choices = Object.entries(nearest).map(([field, value]) => {
    const isList = field.endsWith('steps');
    const values = typeof value === 'object' ? value.join(isList ? ', ' : ' or ') : String(value);
    return `${field}: ${isList ? `[${values}]` : values}`;
  });
  return choices.length === 0 ? '' : `    nearest legal: ${choices.join('; ')}\n`;
}

function picture(plan: Plan, columns: number): string {
  const drawn = gridPicture(plan, columns);
  return drawn === '' ? '' : `batch x frames x crop\n${drawn}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
