/**
 * Main file of a worker process: takes orders over IPC, makes their videos, reports each. Ends with its parent: a
 * dataset that nobody waits for is not worth a core.
 */
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { VideoMaker } from './video-maker.ts';
import { isWorkOrder, type WorkerReport, type WorkOrder } from './worker-messages.ts';

let maker: VideoMaker | undefined;

function report(message: WorkerReport): void {
  process.send?.(message);
}

async function carryOut({ directory, size, videos }: WorkOrder): Promise<void> {
  maker ??= await VideoMaker.create(directory, size);
  for (const video of videos) {
    report({ kind: 'made', ...(await maker.make(video)) });
  }
  report({ kind: 'idle' });
}

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (isWorkOrder(message)) {
    carryOut(message).catch((error: unknown) => {
      report({ kind: 'failed', problem: messageOf(error) });
    });
  }
});
report({ kind: 'idle' });
