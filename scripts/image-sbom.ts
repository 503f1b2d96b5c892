/**
 * `npm sbom … | node scripts/image-sbom.ts`: the bill of materials of an image that decodes video. npm knows packages and
 * not what is linked into them: the FFmpeg inside node-av, and the libraries whose licences decide FFmpeg's own. In, on
 * standard input: npm's SPDX document. Out, on standard output: the same with FFmpeg in it, as the binary says of itself.
 */
import { json } from 'node:stream/consumers';
import { stdin, stdout } from 'node:process';
import { getFFmpegInfo } from 'node-av';
import { ffmpegPackages, isSpdxDocument, withPackages } from './ffmpeg-licence.ts';

const document: unknown = await json(stdin);
if (!isSpdxDocument(document)) {
  throw new TypeError('standard input is no SPDX document: pipe `npm sbom --sbom-format=spdx` in');
}
stdout.write(
  `${JSON.stringify(withPackages(document, 'node-av', ffmpegPackages(getFFmpegInfo())), null, 2)}\n`,
);
