/**
 * Records in a run's folder: a JSON file that one program writes whole and others read. In: a path, and what the record must look
 * like. Out: the record, or an error that says what to do about the file.
 */
import { readIfThere } from '../../storage/missing-file.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

export interface RecordKind<Value> {
  readonly isRecord: (value: unknown) => value is Value;
  /** The error of a file that was not written by this program, or by another version of it. */
  readonly Refusal: new (message: string, options?: ErrorOptions) => Error;
  /** As in `remove it`. */
  readonly whatToDo: string;
}

export async function writeRecord(path: string, record: object): Promise<void> {
  await writeWholeFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The record in a file; null when there is no such file.
 *
 * @throws `Refusal` when the file holds no such record; the file system's error when it cannot be read.
 */
export async function readRecord<Value>(
  path: string,
  { isRecord, Refusal, whatToDo }: RecordKind<Value>,
): Promise<Value | null> {
  const text = await readIfThere(path);
  if (text === null) {
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refusal(`${path} is not JSON; ${whatToDo}`, { cause });
  }
  if (!isRecord(value)) {
    throw new Refusal(`${path} is not a record of this version; ${whatToDo}`);
  }
  return value;
}
