/**
 * What the operator and a trainer pod agree on: names of the container, its ports, its folders and its environment. The
 * trainer reads the same names in trainer-image/; nothing else ties the two together but the job object.
 */

export const TRAINER_CONTAINER = 'trainer';

export const METRICS_PORT = 9465;
export const COLLECTIVE_PORT = 9466;

export const DATA_FOLDER = '/data';
export const OUTPUT_FOLDER = '/output';
export const SCRATCH_FOLDER = '/tmp';

/** User and group of the trainer; volumes are made writable for it by fsGroup. */
export const TRAINER_ID = 65532;

/** Time to write a checkpoint in the middle of a long step, seconds. */
export const GRACE_SECONDS = 120;

/** Exit code of a trainer that was asked to end and has saved its state. */
export const STOPPED_CODE = 143;
/** Exit codes that another try would bring again. */
export const DETERMINISTIC_CODES: readonly number[] = [64, 65, 66, 67, 68, 69];
