/**
 * What can be wrong with a user's network file. Every message names the place in the file (tensor, node, operator) and
 * what to do. Thrown by the readers and the walk of this folder; the command line and the trainer show them as they are.
 */

/** The file is no ONNX model that can be read safely: damaged, absurd, or pointing outside its folder. */
export class OnnxFileError extends Error {
  override readonly name = 'OnnxFileError';
}

/** The file is sound, but holds something that cannot be trained: an operator, a form of one, an input. */
export class OnnxUnsupportedError extends Error {
  override readonly name = 'OnnxUnsupportedError';
}
