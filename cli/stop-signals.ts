/**
 * Ctrl-C and its kin as something a command can wait for. In come a process's signals, out come two abort signals: the
 * first request asks for an orderly end, the second for an end at once.
 */
import { STOP_CODES } from '../multigrid/contract/exit-codes.ts';

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export interface StopSignals {
  /** Aborts at the first request: save and end. */
  readonly stop: AbortSignal;
  /** Aborts at the second one: end now. */
  readonly kill: AbortSignal;
  /** 128 + the number of the signal that came first, as shells expect it; null while none has come. */
  readonly exitCode: number | null;
  /** Gives the signals back; from now on they end the process again. */
  dispose(): void;
}

const NAMES = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

export function listenForStop(source: SignalSource): StopSignals {
  const stop = new AbortController();
  const kill = new AbortController();
  let exitCode: number | null = null;
  const listeners = NAMES.map((name) => {
    const listener = (): void => {
      exitCode ??= STOP_CODES[name];
      (stop.signal.aborted ? kill : stop).abort();
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    stop: stop.signal,
    kill: kill.signal,
    get exitCode() {
      return exitCode;
    },
    dispose: () => {
      for (const { name, listener } of listeners) {
        source.off(name, listener);
      }
    },
  };
}
