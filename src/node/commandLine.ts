/**
 * What the programs of the command line share: options that are read, files that are given and a folder that is written to,
 * each refused in the words of all other errors and before anything runs; and how a program ends.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { detailOf, StillroomError, sentence } from '../spec/errors.ts';

/** Errors: `option`. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const [, dashed] = /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message) ?? [];
    if (dashed !== undefined)
      throw wrongOption(dashed, 'a value that begins with a dash', `it after =, as in ${dashed}=-1`);
    // What follows the first sentence is advice about arguments that no program here takes.
    const [first = ''] = message.split(/\.\s|\n/);
    throw new StillroomError(
      {
        code: 'option',
        problem: 'The command line is wrong',
        got: first.replace(/\.$/, ''),
        wanted: 'options that there are, as --name value or --name=value',
        remedy: 'See --help',
      },
      { cause },
    );
  }
}

export function wrongOption(option: string, got: string, wanted: string): StillroomError {
  return new StillroomError({
    code: 'option',
    problem: `${option} is wrong`,
    got: got === '' ? 'nothing' : got,
    wanted,
    remedy: 'See --help',
  });
}

/** Errors: `option`. */
export function numberOption(option: string, given: string): number {
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value)) return value;
  throw wrongOption(option, given, 'a number');
}

/** An argument as a shell takes it back, quoted where it has to be. */
export function shellWord(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** Names that are all known, or all there are where none is given. Errors: `option`. */
export function chosenOf(
  what: string,
  given: readonly string[],
  known: readonly string[],
): readonly string[] {
  const stranger = given.find((name) => !known.includes(name));
  if (stranger !== undefined) throw wrongOption(what, stranger, known.join(', '));
  return given.length === 0 ? known : given;
}

/** Errors: `file-missing`. */
export function fileGiven(option: string, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'file-missing',
        problem: `The file after ${option} cannot be read`,
        got: `${path} (${reasonOf(cause)})`,
        wanted: 'a file that is there',
        remedy: 'Correct the path; it counts from the folder of package.json',
      },
      { cause },
    );
  }
}

/**
 * All of a stream of UTF-8. Standard input is read like this and not as a file: a pipe whose writer is slower than the
 * reader refuses that (EAGAIN).
 */
export async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Made where it is missing, so that no run ends without a place for its files. Errors: `folder`. */
export function folderFor(option: string, path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new StillroomError(
      {
        code: 'folder',
        problem: `The folder after ${option} cannot be made`,
        got: `${path} (${reasonOf(cause)})`,
        wanted: 'a folder, or a place for one',
        remedy: 'Name another folder',
      },
      { cause },
    );
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return reasons.get(code) ?? (cause instanceof Error ? cause.message : String(cause));
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it is not there'],
  ['EISDIR', 'it is a folder'],
  ['EEXIST', 'it is a file'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EACCES', 'it is not allowed'],
  ['EROFS', 'the disk is only for reading'],
]);

/**
 * Runs a program; what goes wrong is told in one line, with exit status 1, or 2 where the command line is at fault. Then
 * `usage`, where it is given, is told before.
 */
export async function program(run: () => Promise<void>, usage?: string): Promise<void> {
  try {
    await run();
  } catch (error) {
    const detail = detailOf(error);
    const misused = detail.code === 'option';
    if (misused && usage !== undefined) console.error(`${usage}\n`);
    console.error(sentence(detail));
    process.exitCode = misused ? 2 : 1;
  }
}
