/**
 * A job small enough for the tests and real in every part: 64 H.264 videos, a narrow SlowFast, the full long and short
 * cycle over four epochs of a baseline. One folder holds the data and the manifests that a test varies.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { RunEvent, StepEvent } from '../../trainer-image/run-folder/events.ts';
import { readMetrics } from '../../trainer-image/run-folder/metrics-reader.ts';
import { putSmallVideos } from './small-videos.ts';

/** The CI-sized quickstart. */
const MANIFEST = join(import.meta.dirname, '..', '..', 'examples', 'quickstart-small.yaml');

/** A manifest as an object that a test may change before it is written. */
export interface Manifest {
  metadata: { name: string };
  spec: Record<string, unknown> & {
    model: Record<string, unknown>;
    data: Record<string, unknown> & { loader: Record<string, unknown> };
    recipe: Record<string, unknown>;
    multigrid?: Record<string, unknown>;
    checkpoint: Record<string, unknown>;
  };
}

export class SmallJob {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<SmallJob> {
    const folder = await mkdtemp(join(tmpdir(), 'multigrid-small-'));
    await putSmallVideos(join(folder, 'data'));
    return new SmallJob(folder);
  }

  /** Writes a manifest beside the data; `change` edits it first. Returns its path. */
  async manifest(fileName: string, change: (manifest: Manifest) => void = () => undefined): Promise<string> {
    const manifest: unknown = parse(await readFile(MANIFEST, 'utf8'));
    if (!isManifest(manifest)) {
      throw new TypeError(`${MANIFEST} is no manifest`);
    }
    change(manifest);
    const path = join(this.folder, fileName);
    await writeFile(path, stringify(manifest));
    return path;
  }

  output(name: string): string {
    return join(this.folder, 'runs', name);
  }

  /** The run's log, every iteration once. */
  async events(name: string): Promise<readonly RunEvent[]> {
    return readMetrics(join(this.output(name), 'metrics.jsonl'));
  }

  /** Losses in the order of iterations. */
  async losses(name: string): Promise<readonly number[]> {
    const steps = (await this.events(name)).filter((event): event is StepEvent => event.kind === 'step');
    return steps.map(({ loss }) => loss);
  }

  async trainerLog(name: string): Promise<string> {
    return readFile(join(this.output(name), 'trainer.log'), 'utf8');
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Steps and evaluations of a run, without what is measured by a clock. */
export function timeless(events: readonly RunEvent[]): readonly unknown[] {
  const clocked = new Set(['seconds', 'stepMs', 'dataWaitMs', 'evaluationSeconds', 'workers']);
  return events
    .filter(({ kind }) => kind === 'step' || kind === 'evaluation' || kind === 'skippedStep')
    .map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !clocked.has(name))));
}

export function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'spec' in value && 'metadata' in value;
}
