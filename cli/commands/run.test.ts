import { describe, expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { JobFileError } from '../../multigrid/object/object-errors.ts';
import { type ScriptedRun, scriptedRun } from '../../test/support/run/scripted-run.ts';
import { explainError } from '../explain-error.ts';
import type { CommandIo } from '../io.ts';
import { runProgram } from '../program.ts';
import { runShown, type ShownRun } from './run.ts';
import { RunExistsError } from '../run/run-errors.ts';
import { listenForStop } from '../stop-signals.ts';
import type { Act } from '../../test/support/run/script.ts';

class Terminal {
  out = '';
  err = '';
  exitCode: number | null = null;
  readonly signals = new EventEmitter();
  /** Called with everything that is written to standard error. */
  onError: (text: string) => void = () => undefined;

  io(): CommandIo {
    return {
      stdout: (text) => {
        this.out += text;
      },
      stderr: (text) => {
        this.err += text;
        this.onError(text);
      },
      readTextFile: () => Promise.reject(new Error('not asked for')),
      setExitCode: (code) => {
        this.exitCode = code;
      },
      isTty: false,
      columns: 80,
      listenForStop: () => listenForStop(this.signals),
    };
  }
}

function shown(run: ScriptedRun, acts: readonly Act[], change: Partial<ShownRun> = {}): ShownRun {
  return { ...run.options(acts), ...change };
}

describe('multigrid run', () => {
  test('shows the phases and says that the job is complete', async () => {
    const run = await scriptedRun();
    const terminal = new Terminal();
    expect(await runShown(shown(run, []), terminal.io())).toBe(true);
    expect(terminal.err).toMatch(/^plan: 10 phases over 30 epochs, 79 iterations/);
    for (let phase = 1; phase <= 10; phase += 1) {
      expect(terminal.err.split(`phase ${phase} of 10:`)).toHaveLength(2);
    }
    expect(terminal.err).toMatch(/scripted is complete\n$/);
    expect(terminal.exitCode).toBeNull();
    expect(terminal.signals.eventNames()).toEqual([]);
  });

  test('explains a failure with the last lines of the log, where it is, and how to go on', async () => {
    const run = await scriptedRun();
    const terminal = new Terminal();
    const failure = { reason: 'DataUnreadable', message: '12 videos cannot be read', retryable: false };
    const act = { after: 3, then: 'exit', code: 65, failure, says: 'moov atom not found' } as const;
    expect(await runShown(shown(run, [act]), terminal.io())).toBe(false);
    expect(terminal.exitCode).toBe(65);
    expect(terminal.err).toContain('scripted failed (DataUnreadable): 12 videos cannot be read\n');
    expect(terminal.err).toContain('last lines of the trainer:\n  moov atom not found\n');
    expect(terminal.err).toContain('trainer.log');
    expect(terminal.err).toContain(`multigrid run -f ${run.manifestPath} --output ${run.outputDir} --resume`);
  });

  test('saves at the first Ctrl-C, says how to go on, and ends with 130', async () => {
    const run = await scriptedRun();
    const terminal = new Terminal();
    terminal.onError = (text) => {
      if (text.startsWith('phase 2')) {
        terminal.signals.emit('SIGINT');
      }
    };
    const howToGoOn = 'npm run quickstart';
    expect(await runShown(shown(run, [], { howToGoOn }), terminal.io())).toBe(false);
    expect(terminal.exitCode).toBe(130);
    expect(terminal.err).toContain('stopping: the trainer saves a checkpoint first');
    expect(terminal.err).toMatch(
      /stopped with a checkpoint at iteration \d+; resume with\n {2}npm run quickstart\n$/,
    );
  });

  test('ends a trainer that does not listen at the second Ctrl-C', async () => {
    const run = await scriptedRun();
    const terminal = new Terminal();
    terminal.onError = (text) => {
      if (text.startsWith('phase 1 ') || text.startsWith('stopping:')) {
        setImmediate(() => {
          terminal.signals.emit('SIGINT');
        });
      }
    };
    expect(await runShown(shown(run, [{ after: 1, then: 'ignore-sigterm' }]), terminal.io())).toBe(false);
    expect(terminal.exitCode).toBe(130);
  });
});

describe('the program', () => {
  async function program(...args: string[]): Promise<Terminal> {
    const terminal = new Terminal();
    await runProgram(args, terminal.io(), '1.2.3');
    return terminal;
  }

  test.each([
    [['run'], 64, /required option '-f, --filename <file>' not specified/],
    [['rum'], 64, /unknown command 'rum'\n\(Did you mean run\?\)/],
    [
      ['run', '-f', '/no/job.yaml', '--output', '/no/run'],
      66,
      /^\/no\/job\.yaml: the manifest cannot be read: ENOENT/,
    ],
  ])('ends %j with %d and one message', async (args, exitCode, message) => {
    const { err, exitCode: code } = await program(...args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^ {4}at /m);
    expect(code).toBe(exitCode);
  });

  test('adds the stack only when it is asked to', async () => {
    const { err } = await program('run', '--verbose', '-f', '/no/job.yaml', '--output', '/no/run');
    expect(err).toMatch(/^\/no\/job\.yaml: .*\nManifestUnreadableError: /);
    expect(err).toMatch(/^ {4}at /m);
    expect(err).toContain('caused by Error: ENOENT');
  });

  test('tells its version and its commands', async () => {
    expect((await program('--version')).out).toBe('1.2.3\n');
    const { out, exitCode } = await program('--help');
    expect(out).toMatch(/quickstart[^]*validate[^]*plan[^]*run[^]*compare[^]*report[^]*dataset/);
    expect(exitCode).toBe(0);
  });

  test('gives every kind of error its exit code, and asks for a report of what it does not know', () => {
    const codes = [
      new RunExistsError('/runs/a', 'a', 'complete'),
      new JobFileError('/runs/a/job.yaml', 'is not valid YAML'),
      Object.assign(new Error('EACCES: permission denied'), { syscall: 'open' }),
      new TypeError('x is not a function'),
      'a string',
    ].map((error) => explainError(error, false));
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([73, 66, 74, 70, 70]);
    expect(codes[3]?.text).toBe(
      'internal error: TypeError: x is not a function (please report this, with what --verbose adds)',
    );
  });
});

test('stop signals tell the first request from the second and give the signals back', () => {
  const source = new EventEmitter();
  const stops = listenForStop(source);
  expect(stops.exitCode).toBeNull();
  source.emit('SIGTERM');
  expect([stops.stop.aborted, stops.kill.aborted, stops.exitCode]).toEqual([true, false, 143]);
  source.emit('SIGINT');
  expect([stops.stop.aborted, stops.kill.aborted, stops.exitCode]).toEqual([true, true, 143]);
  stops.dispose();
  expect(source.eventNames()).toEqual([]);
});
