/**
 * A small model run over whole flat vectors, piece by piece. In: pieces, a model for a length, what a piece is bound to. Out:
 * `run`. A piece is small enough for a core's cache, so a chain of elementwise operators reads and writes main memory once, and
 * several pieces are worked on side by side.
 */
import type { Bindable, Binding, Engine, Session } from '../../engine/engine.ts';
import { everyLane } from '../../engine/every-lane.ts';
import type { Piece } from './flat-layout.ts';

const ONE_THREAD = { threads: 1 };

/** What a piece of the vectors is tied to. */
export interface PieceBindings {
  readonly inputs: ReadonlyMap<string, Bindable>;
  readonly outputs: ReadonlyMap<string, Bindable>;
}

export interface VectorProgramParts {
  readonly pieces: readonly Piece[];
  /** Pieces worked on side by side, on a processor. */
  readonly lanes: number;
  readonly model: (length: number) => Uint8Array;
  readonly bind: (piece: Piece) => PieceBindings;
}

export class VectorProgram {
  readonly #sessions: readonly Session[];
  readonly #bindings: readonly Binding[];
  readonly #lanes: number;

  private constructor(sessions: readonly Session[], bindings: readonly Binding[], lanes: number) {
    this.#sessions = sessions;
    this.#bindings = bindings;
    this.#lanes = Math.min(lanes, bindings.length);
  }

  /** @throws EngineError when the device has no room for it; nothing is left open then. */
  static async open(
    engine: Engine,
    { pieces, lanes, model, bind }: VectorProgramParts,
  ): Promise<VectorProgram> {
    const sessions = new Map<number, Session>();
    try {
      const bindings: Binding[] = [];
      for (const piece of pieces) {
        const { length } = piece;
        const session = sessions.get(length) ?? (await engine.createSession(model(length), ONE_THREAD));
        sessions.set(length, session);
        const { inputs, outputs } = bind(piece);
        bindings.push(session.bind(inputs, outputs));
      }
      // Runs on a GPU share its stream and the libraries' handles: one after the other.
      const atOnce = engine.device.kind === 'cuda' ? 1 : lanes;
      return new VectorProgram([...sessions.values()], bindings, atOnce);
    } catch (error) {
      dispose(sessions.values());
      throw error;
    }
  }

  async run(): Promise<void> {
    await everyLane(this.#lanes, async (lane, signal) => {
      for (let piece = lane; piece < this.#bindings.length; piece += this.#lanes) {
        await this.#bindings[piece]!.run(signal);
      }
    });
  }

  /** Ties an input of every piece to other memory, or to the same with new contents. */
  rebind(name: string, tensor: Bindable): void {
    for (const binding of this.#bindings) {
      binding.rebindInput(name, tensor);
    }
  }

  dispose(): void {
    dispose(this.#sessions);
  }
}

function dispose(sessions: Iterable<Session>): void {
  for (const session of sessions) {
    session.dispose();
  }
}
