/**
 * Locks between processes that the kernel takes back when their holder dies, however it dies: a lock is a listening
 * socket in Linux's abstract name space, which has no file that could be left behind. Used for everything of which a
 * machine may have only one at a time: a build of one binary, the number of one cluster.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';

/** What one process holds until it releases it or ends. */
export interface ProcessLock {
  release(): Promise<void>;
}

function address(name: string): string {
  return `\0multigrid-operator/${name}`;
}

/**
 * @returns null when another process, or this one, holds the lock
 * @throws Error when the machine has no abstract sockets (anything but Linux)
 */
export function tryLock(name: string): Promise<ProcessLock | null> {
  const waiting = new Set<Socket>();
  // Those that wait keep a connection open and notice when it closes.
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.unref();
    socket.on('error', () => waiting.delete(socket));
    socket.on('close', () => waiting.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') {
        resolve(null);
      } else {
        reject(error);
      }
    });
    server.listen(address(name), () => {
      server.unref();
      resolve({ release: () => close(server, waiting) });
    });
  });
}

function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const socket of waiting) {
      socket.destroy();
    }
  });
}

/** Resolves when the lock was, for a moment, free. */
function waitForRelease(name: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address(name));
    // Refused means that the holder has gone since we asked.
    socket.on('error', () => {
      resolve();
    });
    socket.on('close', () => {
      resolve();
    });
    socket.resume();
  });
}

/**
 * @param onWait - called once when another process holds the lock
 */
export async function lock(name: string, onWait: () => void): Promise<ProcessLock> {
  for (let isFirst = true; ; isFirst = false) {
    const held = await tryLock(name);
    if (held !== null) {
      return held;
    }
    if (isFirst) {
      onWait();
    }
    await waitForRelease(name);
  }
}
