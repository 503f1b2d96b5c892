/**
 * The trainer's entry. It listens for SIGTERM before it loads anything, since the first process of a container is deaf to
 * signals it has no handler for; then trainer-process.ts does the work, or, in a pod of a job with several workers, the
 * supervisor that starts such processes. SIGTERM asks for a checkpoint and an orderly end;
 * when the process that started this one vanishes, it ends at once. When the work is over the process goes, whatever is still
 * open.
 */
/** For the last lines of its log to be written, milliseconds. */
const LINGER_MS = 5000;

const stop = new AbortController();
// The launcher of several ranks may pass it on twice.
process.on('SIGTERM', () => {
  stop.abort(new Error('SIGTERM'));
});
process.once('disconnect', () => {
  if (process.exitCode !== undefined) {
    return;
  }
  // Nobody would see this process any more. A SIGKILL leaves no half-written checkpoint that a resume would take.
  process.kill(process.pid, 'SIGKILL');
});

for (const stream of [process.stdout, process.stderr]) {
  // The log may lie on the disk that is away: lines are lost then, and training is not.
  stream.on('error', () => undefined);
}

const { liveWithLauncher } = await import('./mpi/live-with-launcher.ts');
const { launchedRank } = await import('./mpi/launched.ts');
liveWithLauncher(process.env);
const { callIfStillThere } = await import('../timing/timers.ts');
const { isSupervisor, supervisorProcess } = await import('./supervisor/supervisor-process.ts');
if (isSupervisor(process.env)) {
  process.exitCode = await supervisorProcess(process.env, stop.signal);
} else {
  const { trainerProcess } = await import('./trainer-process.ts');
  process.exitCode = await trainerProcess(process.env, {
    stop,
    sizeThreadPool: (threads) => {
      process.env['UV_THREADPOOL_SIZE'] = String(threads);
    },
  });
}
if (process.connected) {
  process.disconnect();
}
if (process.exitCode !== 0 && launchedRank(process.env) !== null) {
  // One of several workers, which takes the others along: whatever it is still at, it is not waited for.
  process.exit();
}
// By itself, as a rule. What holds it up (a child that does not end, a socket) must not keep a pod, or whoever waits for it.
callIfStillThere(LINGER_MS, () => {
  process.stderr.write('something is still open; the process ends all the same\n');
  process.exit();
});
