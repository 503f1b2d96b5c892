/**
 * `multigrid operators`: what a network of one's own may be made of. The ONNX operators come from the table of handlers,
 * the differentiable operations from the table of derivative rules; a table for people, `-o json` for programs.
 */
import { type Command, Option } from 'commander';
import { RULES } from '../../trainer-image/autodiff/rules.ts';
import { OPERATORS } from '../../trainer-image/models/onnx/operators.ts';
import { OPSETS } from '../../trainer-image/models/onnx/read-model.ts';
import type { CommandIo } from '../io.ts';

interface OperatorListing {
  readonly name: string;
  /** What of it is not supported; `''` when everything is. */
  readonly limits: string;
  /** Inputs that gradients flow through, by position, or all. */
  readonly differentiable: readonly number[] | 'all';
}

/** Adds `operators` to the program. */
export function addOperatorsCommand(program: Command, io: CommandIo): void {
  program
    .command('operators')
    .description('list the ONNX operators that your own network may use')
    .addOption(
      new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table'),
    )
    .action(({ output }: { readonly output: 'table' | 'json' }) => {
      io.stdout(output === 'json' ? operatorsJson() : operatorsTable());
    });
}

function listOperators(): readonly OperatorListing[] {
  return [...OPERATORS].map(([name, { limits, differentiable }]) => ({ name, limits, differentiable }));
}

function operatorsJson(): string {
  const listing = { opsets: OPSETS, operators: listOperators(), operations: Object.keys(RULES).toSorted() };
  return `${JSON.stringify(listing, null, 2)}\n`;
}

function operatorsTable(): string {
  const operators = listOperators();
  const width = Math.max(...operators.map(({ name }) => name.length));
  const lines = operators.map(({ name, limits }) => `${name.padEnd(width)}  ${limits}`.trimEnd());
  return [
    `ONNX operators, opset ${OPSETS.least} to ${OPSETS.most} (docs/onnx-networks.md)`,
    '',
    ...lines,
    '',
    `made of these differentiable operations: ${Object.keys(RULES).toSorted().join(', ')}`,
    '',
  ].join('\n');
}
