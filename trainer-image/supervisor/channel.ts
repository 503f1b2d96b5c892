/**
 * A connection between two supervisors, beyond its encryption. In: a socket, and what to send. Out: messages and bytes in order,
 * and once, why it is over. Both sides give signs of life; who hears none for too long takes the other for gone, which is how a
 * network that swallows everything is told from a quiet one.
 */
import type { Duplex } from 'node:stream';
import { SUPERVISOR } from '../../multigrid/contract/timings.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { callAfter } from '../../timing/timers.ts';
import { byteFrames, type Frame, FrameReader, messageFrame } from './frames.ts';
import { type Message, readMessage } from './messages.ts';

export interface ChannelListener {
  readonly onMessage: (message: Message) => void;
  readonly onBytes: (bytes: Buffer) => void;
  /** Once, and nothing after it. */
  readonly onClosed: (why: string) => void;
}

const BEATS = Math.ceil(SUPERVISOR.silenceMs / SUPERVISOR.beatMs);

export class Channel {
  readonly #socket: Duplex;
  readonly #listener: ChannelListener;
  readonly #reader = new FrameReader();
  #takeBackBeat: () => void;
  #silentBeats = 0;
  #isClosed = false;

  constructor(socket: Duplex, listener: ChannelListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.on('data', (chunk: Buffer) => {
      this.#hear(chunk);
    });
    socket.on('error', (error) => {
      this.close(messageOf(error));
    });
    socket.once('close', () => {
      this.close('the connection was closed');
    });
    // Beats, not time: a process that was frozen has not heard anything either, and is not to blame the other.
    this.#takeBackBeat = this.#beatLater();
  }

  send(message: Message): void {
    this.#write(messageFrame(message));
  }

  /** @returns whether more may follow at once; if not, `drained` says when */
  sendBytes(bytes: Buffer): boolean {
    return byteFrames(bytes).reduce((isFree, frame) => this.#write(frame) && isFree, true);
  }

  /** Calls once all that was to be sent has gone. */
  drained(call: () => void): void {
    this.#socket.once('drain', call);
  }

  close(why: string): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#takeBackBeat();
    this.#socket.destroy();
    this.#listener.onClosed(why);
  }

  /** Sends what is left and closes. */
  async end(): Promise<void> {
    const ended = Promise.withResolvers<null>();
    this.#socket.end(() => {
      ended.resolve(null);
    });
    this.#socket.once('close', () => {
      ended.resolve(null);
    });
    await ended.promise;
    this.close('this side has closed it');
  }

  #write(frame: Buffer): boolean {
    return this.#isClosed || this.#socket.write(frame);
  }

  #hear(chunk: Buffer): void {
    this.#silentBeats = 0;
    try {
      for (const frame of this.#reader.read(chunk)) {
        if (this.#isClosed) {
          return;
        }
        this.#take(frame);
      }
    } catch (error) {
      this.close(messageOf(error));
    }
  }

  #take(frame: Frame): void {
    if (frame.kind === 'bytes') {
      this.#listener.onBytes(frame.bytes);
      return;
    }
    const message = readMessage(frame.message);
    if (message.kind !== 'beat') {
      this.#listener.onMessage(message);
    }
  }

  #beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats > BEATS) {
      this.close(`nothing was heard for ${SUPERVISOR.silenceMs / 1000} s`);
      return;
    }
    this.send({ kind: 'beat' });
    this.#takeBackBeat = this.#beatLater();
  }

  #beatLater(): () => void {
    return callAfter(SUPERVISOR.beatMs, () => {
      this.#beat();
    });
  }
}
