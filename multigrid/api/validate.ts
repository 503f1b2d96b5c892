/**
 * Whether an object is a legal MultigridTrainingJob: the schema of the CRD (unknown fields included), then the rules
 * that tie fields together. In comes anything; out comes the job with the schema's defaults in, or every error at once.
 * `read-job.ts` goes on to the filled spec; the command line and the operator print the errors.
 */
import { Ajv, type DefinedError, type ValidateFunction } from 'ajv';
import { closestName } from './closest-name.ts';
import type {
  DefaultedDataSpec,
  DefaultedJob,
  DefaultedModelSpec,
  DefaultedMultigridSpec,
  DefaultedRecipeSpec,
} from './defaulted-types.gen.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { API_VERSION, KIND } from '../contract/names.ts';
import { dataViolations } from './rules/data-rules.ts';
import { jobViolations } from './rules/job-rules.ts';
import { modelViolations } from './rules/model-rules.ts';
import { multigridViolations } from './rules/multigrid-rules.ts';
import { recipeViolations } from './rules/recipe-rules.ts';
import type { Violation } from './rules/rule.ts';
import { fieldErrorsOf, memberOf } from './schema-errors.ts';
import { JOB_SCHEMA } from './schema.gen.ts';

export type JobValidation =
  | { readonly ok: true; readonly job: DefaultedJob }
  /** All errors: fields in the order of the schema, then rules. Never empty. */
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Names that pods, hosts and the job's own objects can be made from. */
const NAME_PATTERN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_NAME_LENGTH = 48;

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  useDefaults: true,
  formats: { int32: true, int64: true, 'date-time': true },
});
ajv.addSchema(JOB_SCHEMA, 'job');
const isJob: ValidateFunction<DefaultedJob> = ajv.compile({ $ref: 'job' });

/** Checks `value` and fills in the schema's defaults; `value` itself stays as it is. */
export function validateJob(value: unknown): JobValidation {
  const job = copyOf(value);
  if (job === undefined) {
    return { ok: false, errors: [fieldError([], 'must be a plain object that does not refer to itself')] };
  }
  const isWhole = isJob(job);
  const errors = [
    ...typeErrors(job),
    ...(isWhole ? [] : fieldErrorsOf(definedErrors(isJob), value)),
    ...nameErrors(memberOf(memberOf(job, 'metadata'), 'name')),
    ...sectionErrors(memberOf(job, 'spec')),
  ];
  if (isWhole && errors.length === 0) {
    errors.push(...inWords(jobViolations(job.spec), ['spec']));
  }
  return isWhole && errors.length === 0 ? { ok: true, job } : { ok: false, errors };
}

/**
 * A copy without shared parts (YAML aliases share), because defaults are written into it. Undefined when there is none:
 * for a function, a cycle and the like.
 */
function copyOf(value: unknown): unknown {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function typeErrors(job: unknown): readonly FieldError[] {
  return [
    { key: 'apiVersion', expected: API_VERSION },
    { key: 'kind', expected: KIND },
  ].flatMap(({ key, expected }) => {
    const actual = memberOf(job, key);
    if (actual === expected) {
      return [];
    }
    const near = typeof actual === 'string' && closestName(actual, [expected]) !== null;
    return [fieldError([key], `must be ${expected}${near ? ` (is ${actual}: a typo?)` : ''}`)];
  });
}

function nameErrors(name: unknown): readonly FieldError[] {
  if (typeof name !== 'string' || (name.length <= MAX_NAME_LENGTH && NAME_PATTERN.test(name))) {
    return [];
  }
  const message =
    'the name must be at most 48 characters of a-z, 0-9 and -, starting and ending with a letter or digit';
  const nearest = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return [fieldError(['metadata', 'name'], nearest === '' ? message : `${message} (nearest: ${nearest})`)];
}

/** Rules of each section that is valid by the schema, whatever is wrong elsewhere. */
function sectionErrors(spec: unknown): readonly FieldError[] {
  const section = (name: string): unknown => memberOf(spec, name);
  return [
    ...checked(isModel, modelViolations, section('model'), ['spec', 'model']),
    ...checked(isData, dataViolations, section('data'), ['spec', 'data']),
    ...checked(isRecipe, recipeViolations, section('recipe'), ['spec', 'recipe']),
    ...checked(isMultigrid, multigridViolations, section('multigrid'), ['spec', 'multigrid']),
  ];
}

function sectionValidator<T>(name: string): ValidateFunction<T> {
  return ajv.compile<T>({ $ref: `job#/properties/spec/properties/${name}` });
}

const isModel = sectionValidator<DefaultedModelSpec>('model');
const isData = sectionValidator<DefaultedDataSpec>('data');
const isRecipe = sectionValidator<DefaultedRecipeSpec>('recipe');
const isMultigrid = sectionValidator<DefaultedMultigridSpec>('multigrid');

function checked<T>(
  isValid: ValidateFunction<T>,
  violationsOf: (section: T) => readonly Violation[],
  value: unknown,
  keys: readonly string[],
): readonly FieldError[] {
  return isValid(value) ? inWords(violationsOf(value), keys) : [];
}

function inWords(violations: readonly Violation[], keys: readonly string[]): readonly FieldError[] {
  return violations.map(({ keys: inner, message, hint }) =>
    fieldError([...keys, ...inner], hint === undefined ? message : `${message} (${hint})`),
  );
}

/** ajv's own type for the errors of its standard keywords, which are all that the schema uses. */
function definedErrors(validate: Pick<ValidateFunction, 'errors'>): readonly DefinedError[] {
  return (validate.errors ?? []) as DefinedError[];
}
