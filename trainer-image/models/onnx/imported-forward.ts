/**
 * The forward pass of an imported network. In: an inventory, normalised pixels, and the choices in which training and
 * evaluation differ. Out: logits `[N, K]` in float32.
 */
import type { Tape } from '../../autodiff/tape.ts';
import { cast } from '../../graph/elementwise.ts';
import { formatDims } from '../../graph/value.ts';
import type { Value } from '../../graph/value.ts';
import { reshape, transpose } from '../../graph/view.ts';
import type { ClipAxes } from '../export-frame.ts';
import type { NetworkFront } from '../forward.ts';
import { OnnxUnsupportedError } from './errors.ts';
import type { Inventory } from './inventory.ts';
import { walkNetwork } from './walk.ts';

export interface ImportedNetwork {
  readonly inventory: Inventory;
  readonly numClasses: number;
  readonly clipAxes: ClipAxes;
}

/** @returns what throws OnnxUnsupportedError, or GraphShapeError, when the shape does not fit the network. */
export function importedForward({
  inventory,
  numClasses,
  clipAxes,
}: ImportedNetwork): NetworkFront['forward'] {
  return (tape, pixels, { dropoutMask, ...choices }) => {
    const clips = pixels.dims[1]!;
    const reached = walkNetwork(tape, inventory, pixels, {
      ...choices,
      clipAxes,
      dropout: (features) => (dropoutMask === null ? features : dropped(tape, features, dropoutMask)),
    });
    const { output: logits } = tape.apply('cast', 'logits', [reached], { type: 'float32' });
    if (logits.dims.length !== 2 || logits.dims[0] !== clips || logits.dims[1] !== numClasses) {
      throw new OnnxUnsupportedError(
        `the output has dims ${formatDims(logits.dims)}, but ${clips} clips and ${numClasses} classes need [${clips}, ${numClasses}]`,
      );
    }
    return logits;
  };
}

/** Features `[N, ..., F]` times a mask `[F, N]`. */
function dropped(tape: Tape, x: Value, mask: Value): Value {
  const { graph } = tape;
  const [features, clips] = [mask.dims[0]!, mask.dims[1]!];
  if (x.dims[0] !== clips || x.dims.at(-1) !== features) {
    throw new OnnxUnsupportedError(
      `the classifier's input ${formatDims(x.dims)} has no axis of clips in front; set model.dropout to 0`,
    );
  }
  const inner = x.dims.slice(1, -1).map(() => 1);
  const rows = reshape(graph, transpose(graph, mask, [1, 0]), [clips, ...inner, features]);
  return tape.apply('multiply', 'classifier.dropout', [x, cast(graph, rows, x.type)], {}).output;
}
