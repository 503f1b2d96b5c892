/**
 * The exchanges of a step, as the thread of the collectives serves them: one after the other, in the order in which the graph comes
 * to them. In: what the run gives. Out: what it takes: of every piece the statistics of its whole group, made from those of all
 * ranks that have clips of it, in the order of the ranks, the same numbers on each of them. Only such ranks speak to each other.
 *
 * A rank whose run has failed goes on to take part, without numbers: the others come to the end of the step and learn of it there.
 */
import { addressOf } from '../native/c-library.ts';
import { Semaphores } from '../native/semaphores.ts';
import { BYTE } from './abi.ts';
import {
  type Exchange,
  type ExchangedGroup,
  ExchangeNotes,
  numbersOf,
  type SharedExchanges,
  signalsOf,
} from './exchange-memory.ts';
import { mergeStatistics, type StatisticsPlace } from './merge-statistics.ts';
import type { Leisure, Messages } from './messages.ts';
import type { Part } from './mpi-functions.ts';
import { RanksDisagreeError } from './mpi-errors.ts';
import { TAGS } from './words.ts';

/** Before the numbers of a message: which exchange it is of, how many numbers come, whether they are any. */
const HEAD = 3;

/** A message of two rows, `[2, channels]`, after its head. */
class Message {
  readonly numbers: Float32Array;
  readonly #head: Int32Array;
  readonly #floats: Float32Array;

  constructor(mostChannels: number) {
    this.#floats = new Float32Array(HEAD + 2 * mostChannels);
    this.#head = new Int32Array(this.#floats.buffer, 0, HEAD);
    this.numbers = this.#floats.subarray(HEAD);
  }

  get head(): readonly [index: number, channels: number, hasNumbers: number] {
    return [this.#head[0]!, this.#head[1]!, this.#head[2]!];
  }

  set head(head: readonly [index: number, channels: number, hasNumbers: number]) {
    this.#head.set(head);
  }

  part(channels: number): Part {
    const bytes = (HEAD + 2 * channels) * Float32Array.BYTES_PER_ELEMENT;
    return { address: addressOf(this.#floats), count: bytes, type: BYTE };
  }

  rows(channels: number): StatisticsPlace {
    return { numbers: this.numbers, first: 0, second: channels, stride: 1 };
  }
}

/** A group with the messages of all its holders, this rank's own among them. */
interface GroupMessages extends ExchangedGroup {
  /** Of its first piece among all pieces of a channel. */
  readonly firstPiece: number;
  readonly messages: readonly Message[];
  readonly own: Message;
}

export class Exchanges {
  readonly #rank: number;
  readonly #messages: Messages;
  readonly #leisure: Leisure;

  constructor(rank: number, messages: Messages, leisure: Leisure) {
    this.#rank = rank;
    this.#messages = messages;
    this.#leisure = leisure;
  }

  /** @throws RanksDisagreeError, MpiCallError; the ranks are out of step then */
  serve(shared: SharedExchanges, groups: readonly ExchangedGroup[]): void {
    const { exchanges } = shared;
    const signals = Semaphores.over(shared.signals);
    const notes = new ExchangeNotes(shared.notes);
    const pieces = groups.reduce((sum, group) => sum + group.pieces, 0);
    const mostChannels = Math.max(0, ...exchanges.map(({ length }) => length / pieces));
    const exchanged = this.#groupMessages(groups, mostChannels);
    numbersOf(exchanges, shared.numbers).forEach(({ given, taken }, index) => {
      const { kind, length } = exchanges[index]!;
      const place = (numbers: Float32Array, piece: number): StatisticsPlace => ({
        ...{ numbers, first: piece, second: length + piece, stride: pieces },
      });
      const ofPiece = { kind, length: length / pieces };
      signals.wait(signalsOf(index).given);
      for (const group of exchanged) {
        this.#send(index, ofPiece, group, (piece) => place(given, piece), !notes.hasFailed);
      }
      this.#messages.completeSoon(this.#leisure);
      for (const group of exchanged) {
        this.#merge(index, ofPiece, group, (piece) => place(taken, piece), notes);
      }
      notes.serve();
      signals.post(signalsOf(index).taken);
    });
  }

  #groupMessages(groups: readonly ExchangedGroup[], mostChannels: number): readonly GroupMessages[] {
    let firstPiece = 0;
    return groups.map((group) => {
      const messages = group.holders.map(() => new Message(mostChannels));
      const own = messages[group.holders.findIndex(({ rank }) => rank === this.#rank)];
      if (own === undefined) {
        throw new RanksDisagreeError(
          `rank ${this.#rank} has no clips of a group that it exchanges statistics of`,
        );
      }
      const first = firstPiece;
      firstPiece += group.pieces;
      return { ...group, messages, own, firstPiece: first };
    });
  }

  #send(
    index: number,
    { kind, length: channels }: Exchange,
    { holders, pieces, firstPiece, messages, own }: GroupMessages,
    given: (piece: number) => StatisticsPlace,
    hasNumbers: boolean,
  ): void {
    own.head = [index, channels, hasNumbers ? 1 : 0];
    const parts = Array.from({ length: pieces }, (_, piece) => ({
      ...given(firstPiece + piece),
      weight: 1 / pieces,
    }));
    if (hasNumbers) {
      mergeStatistics(kind, parts, channels, own.rows(channels));
    } else {
      own.numbers.fill(Number.NaN);
    }
    holders.forEach(({ rank }, place) => {
      if (rank !== this.#rank) {
        this.#messages.receive(messages[place]!.part(channels), rank, TAGS.statistics);
      }
    });
    for (const { rank } of holders) {
      if (rank !== this.#rank) {
        this.#messages.send(own.part(channels), rank, TAGS.statistics);
      }
    }
  }

  #merge(
    index: number,
    { kind, length: channels }: Exchange,
    { holders, pieces, firstPiece, messages }: GroupMessages,
    taken: (piece: number) => StatisticsPlace,
    notes: ExchangeNotes,
  ): void {
    holders.forEach(({ rank }, place) => {
      const [itsIndex, itsChannels, hasNumbers] = messages[place]!.head;
      if (itsIndex !== index || itsChannels !== channels) {
        throw new RanksDisagreeError(
          `rank ${this.#rank} is at exchange ${index} of ${channels} channels, rank ${rank} at exchange ${itsIndex} of ` +
            `${itsChannels}: they train different networks; start all of them from the same version and the same manifest`,
        );
      }
      if (hasNumbers === 0 && rank !== this.#rank) {
        notes.spoil(rank);
      }
    });
    const parts = holders.map(({ weight, scale }, place) => ({
      ...messages[place]!.rows(channels),
      weight: kind === 'moments' ? weight : weight * scale,
    }));
    for (let piece = 0; piece < pieces; piece += 1) {
      mergeStatistics(kind, parts, channels, taken(firstPiece + piece));
    }
  }
}
