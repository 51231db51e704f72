/** Files that the command line names, and those that a model among them names itself. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { GivenFile } from '../protocol/commands.ts';
import { tokenizerName } from '../teachers/language.ts';
import { inspectFile } from '../teachers/onnx/inspect.ts';
import { fileGiven } from './commandLine.ts';

export function given(option: string, path: string): GivenFile {
  return { name: basename(path), bytes: fileGiven(option, path) };
}

/**
 * The files after --teacher, and external data of a model among them that lie beside it: nobody should have to name a file
 * that the model names. Errors: those of files and of `inspectFile`.
 */
export async function teacherFiles(paths: readonly string[]): Promise<readonly GivenFile[]> {
  const files = paths.map((path) => given('--teacher', path));
  const beside = files.filter(({ name }) => !name.endsWith('.onnx'));
  for (const [i, model] of files.entries()) {
    if (!model.name.endsWith('.onnx')) continue;
    const { missing } = await inspectFile(model, beside);
    for (const name of missing) {
      const path = join(dirname(paths[i] ?? ''), name);
      if (name !== tokenizerName && existsSync(path)) beside.push(given('--teacher', path));
    }
  }
  return [...files.filter(({ name }) => name.endsWith('.onnx')), ...beside];
}
