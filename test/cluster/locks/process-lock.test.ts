import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { lock, tryLock } from './process-lock.ts';

const MODULE = join(import.meta.dirname, 'process-lock.ts');

describe('a lock between processes', () => {
  it('is had by one at a time', async () => {
    const name = randomUUID();
    const first = await tryLock(name);
    expect(first).not.toBeNull();
    expect(await tryLock(name)).toBeNull();
    await first?.release();
    const second = await tryLock(name);
    expect(second).not.toBeNull();
    await second?.release();
  });

  it('is waited for until its holder lets go', async () => {
    const name = randomUUID();
    const first = await lock(name, () => undefined);
    const order: string[] = [];
    const second = lock(name, () => order.push('waits')).then((held) => {
      order.push('has it');
      return held;
    });
    await expect(tryLock(name)).resolves.toBeNull();
    order.push('released');
    await first.release();
    await (await second).release();
    expect(order).toEqual(['waits', 'released', 'has it']);
  });

  it('is free again when its holder is killed', async () => {
    const name = randomUUID();
    const program = `import { tryLock } from ${JSON.stringify(MODULE)}; await tryLock('${name}'); console.log('held'); setInterval(() => 0, 1e6);`;
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(await tryLock(name)).toBeNull();
    holder.kill('SIGKILL');
    const held = await lock(name, () => undefined);
    await held.release();
  });
});
