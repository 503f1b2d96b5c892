/**
 * Whole lines out of a stream of bytes that is cut anywhere. Used for watches, whose events are a line of JSON each; a
 * line that the end of the stream cuts off is not one.
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  // Pieces of a line are joined once, at its end: a list of ten thousand objects may come in one.
  let pieces: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    pieces.push(first);
    for (const piece of rest) {
      const line = pieces.join('');
      pieces = [piece];
      if (line.trim() !== '') {
        yield line;
      }
    }
  }
}
