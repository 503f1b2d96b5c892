/**
 * Step runners by shape: builds the graph and the session the first time a shape is asked for, keeps them for later
 * phases (stages repeat their shapes), and can build ahead while the phase before still trains. Used by `loop.ts`.
 */
import type { Engine, Session } from '../engine/engine.ts';
import type { GraphOptions, Network } from '../models/network.ts';
import { layOutLanes } from './lanes.ts';
import type { ParameterStore } from './parameters/parameter-store.ts';
import { StepRunner } from './step.ts';

/** One iteration's shape on this worker. */
export interface StepShapeRequest {
  readonly clips: number;
  readonly groups: number;
  readonly frames: number;
  readonly cropSize: number;
}

export interface StepKitSettings {
  readonly engine: Engine;
  readonly network: Network;
  readonly store: ParameterStore;
  readonly cores: number;
  readonly microBatch: number;
  readonly seed: number;
  /** How the step graphs are written; float32 for the processor when left out. */
  readonly graphs?: GraphOptions;
}

interface Built {
  readonly session: Session;
  readonly runner: StepRunner;
}

export class StepKit {
  readonly #settings: StepKitSettings;
  readonly #built = new Map<string, Promise<Built>>();
  #isClosed = false;

  constructor(settings: StepKitSettings) {
    this.#settings = settings;
  }

  /** Gradient sets a store needs for a number of cores: one per lane, one scratch set per lane. */
  static gradientSets(cores: number): number {
    return 2 * cores;
  }

  /** The runner of a shape, built when it is new. */
  async runner(request: StepShapeRequest): Promise<StepRunner> {
    return (await this.#get(request)).runner;
  }

  /** Builds shapes that will be needed later, one after the other; errors show when the shape is asked for. */
  async prepare(requests: readonly StepShapeRequest[]): Promise<void> {
    for (const request of requests) {
      if (this.#isClosed) {
        return;
      }
      await this.#get(request).catch(() => undefined);
    }
  }

  /** Releases everything; waits for builds under way. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    const built = await Promise.allSettled(this.#built.values());
    this.#built.clear();
    for (const entry of built) {
      if (entry.status === 'fulfilled') {
        entry.value.runner.dispose();
        entry.value.session.dispose();
      }
    }
  }

  #get(request: StepShapeRequest): Promise<Built> {
    const key = `${request.clips}/${request.groups}/${request.frames}x${request.cropSize}`;
    const known = this.#built.get(key);
    if (known !== undefined) {
      return known;
    }
    const building = this.#build(request);
    this.#built.set(key, building);
    // A failed build must not end the process before somebody asks for it.
    building.catch(() => undefined);
    return building;
  }

  async #build(request: StepShapeRequest): Promise<Built> {
    const { engine, network, store, cores, microBatch, seed, graphs = {} } = this.#settings;
    const layout = layOutLanes(request.clips, request.groups, cores, microBatch);
    const { frames, cropSize } = request;
    const graph = network.trainingGraph(
      { clips: layout.clipsPerRun, groups: layout.groupsPerRun, frames, cropSize },
      graphs,
    );
    const session = await engine.createSession(graph.model, { threads: layout.threadsPerRun });
    const runner = new StepRunner({
      network,
      graph,
      session,
      store,
      layout,
      shape: { frames, cropSize },
      seed,
      scratchLane: cores,
    });
    return { session, runner };
  }
}
