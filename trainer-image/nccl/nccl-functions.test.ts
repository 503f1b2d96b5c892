/** Signatures as C sees them, by a stand-in that writes down what it is called with. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openStandIn, type StandIn, whyNoStandIn } from '../../test/support/nccl/stand-in.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { nonBlockingConfig, versionText } from './abi.ts';

const folder = temporaryFolder();
const describeIfPossible = whyNoStandIn() === null ? describe : describe.skip;

function standIn(): StandIn {
  return openStandIn(mkdtempSync(join(folder, 'stand-in-')));
}

describeIfPossible('the functions of NCCL', () => {
  test('take counts and addresses of 64 bits whole', () => {
    const { nccl, calls } = standIn();
    const numbers = { address: 0x7ffe_dead_beef_0100n, length: 2 ** 40 + 3 };
    nccl.sum(0n, numbers, 0xffff_8000_0000_1234n);
    nccl.broadcast(0n, numbers, 3, 1n);
    const addresses = 'from=0x7ffedeadbeef0100 into=0x7ffedeadbeef0100';
    expect(calls()).toEqual([
      'ncclAllReduce inPlace=1 count=1099511627779 type=7 operation=0 stream=0xffff800000001234',
      addresses,
      'ncclBroadcast inPlace=1 count=1099511627779 type=7 root=3 stream=0x1',
      addresses,
    ]);
  });

  test('take the whole unique id by value, between other arguments', async () => {
    const { nccl, calls } = standIn();
    const id = await nccl.uniqueId();
    expect(new Set(id).size).toBeGreaterThan(30);
    const handle = nccl.initRank(5, 7, id, nonBlockingConfig());
    const [made, joined] = calls();
    const hash = /id=(\w+)/.exec(made ?? '')?.[1];
    expect(joined).toBe(`ncclCommInitRankConfig size=7 id=${hash} rank=5 context=-1`);
    const other = id.map((byte, index) => (index === 127 ? byte ^ 1 : byte));
    nccl.abort(nccl.initRank(5, 7, other, nonBlockingConfig()));
    expect(calls().at(-4)).not.toContain(hash);
    nccl.abort(handle);
  });

  test('are not settled before they are', () => {
    const { nccl } = standIn();
    const handle = nccl.initRank(0, 1, new Uint8Array(128), nonBlockingConfig());
    const answers = Array.from({ length: 5 }, () => nccl.isSettled(handle, 'meeting'));
    expect(answers).toEqual([false, false, false, true, true]);
    nccl.abort(handle);
  });
});

test('versions read as NVIDIA writes them', () => {
  expect([21800, 22703, 23102].map(versionText)).toEqual(['2.18.0', '2.27.3', '2.31.2']);
});
