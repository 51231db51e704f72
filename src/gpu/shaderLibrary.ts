/**
 * The text of every shader that ships, by its path without extension: `nn/dropout`. The bundler reads the files;
 * nothing is generated here.
 */
import { StillroomError } from '../spec/errors.ts';

const files: Readonly<Record<string, string>> = import.meta.glob('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const texts = new Map(
  Object.entries(files).map(([path, text]) => [path.slice('../../shaders/'.length, -'.wgsl'.length), text]),
);

/** Whole files, one after the other, in the order given. Errors: `shader-missing`. */
export function shaderText(sources: readonly string[]): string {
  return sources
    .map((source) => {
      const text = texts.get(source);
      if (text === undefined) {
        throw new StillroomError({ code: 'shader-missing', problem: `There is no shader ${source}.wgsl` });
      }
      return text;
    })
    .join('\n');
}
