/**
 * Whether FFmpeg's libraries load and know the codec that most data sets are in. In: nothing. Out: what was found. For
 * `multigrid doctor`; decoding itself happens in processes of its own.
 */
export interface DecoderFindings {
  readonly canDecodeH264: boolean;
}

/** @throws Error when the libraries cannot be loaded here. */
export async function inspectDecoder(): Promise<DecoderFindings> {
  const [{ Codec }, { AV_CODEC_ID_H264 }] = await Promise.all([
    import('node-av/lib'),
    import('node-av/constants'),
  ]);
  return { canDecodeH264: Codec.findDecoder(AV_CODEC_ID_H264) !== null };
}
