/**
 * The operator as it is in production, a process of its own, against a test cluster. In comes a kubeconfig, out comes
 * something that can be killed and started again. It dies with the test that started it, whatever happens to that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface OperatorProcessOptions {
  readonly kubeconfigPath: string;
  readonly trainerImage: string;
  /** Where its log is appended. */
  readonly logPath: string;
}

export class OperatorProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start({ kubeconfigPath, trainerImage, logPath }: OperatorProcessOptions): OperatorProcess {
    const log = openSync(logPath, 'a');
    try {
      const flags = ['--leader-elect=false', '--metrics-port=0', '--health-port=0', '--log-level=debug'];
      const operator = [join(ROOT, 'operator', 'main.ts'), '--kubeconfig', kubeconfigPath];
      const child = spawn(
        'setpriv',
        ['--pdeathsig', 'KILL', process.execPath, ...operator, '--trainer-image', trainerImage, ...flags],
        { stdio: ['ignore', log, log] },
      );
      return new OperatorProcess(child);
    } finally {
      closeSync(log);
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** As by a crash of its node. */
  async kill(): Promise<void> {
    if (this.isRunning) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
  }
}
