/**
 * What a repository on the hub holds, asked before anything is downloaded: its commit, its licence, its files with
 * their sizes and hashes, and the models among them. Source: the hub's HTTP API (huggingface.co/docs/hub/api).
 */
import * as v from 'valibot';
import { StillroomError } from '../../spec/errors.ts';
import type { HubAddress } from './address.ts';
import { ask, checkKind, type Fetch, persistently } from './answer.ts';

export interface RemoteFile {
  readonly path: string;
  readonly bytes: number;
  /** How its content is known: large files by SHA-256, small ones by git's SHA-1 of a blob. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

export interface Repository {
  readonly name: string;
  /** The commit, whatever was asked for. */
  readonly revision: string;
  /** As its card has it; null where it says nothing. */
  readonly licence: string | null;
  readonly files: readonly RemoteFile[];
}

/** One model of a repository, with all that it needs beside it. */
export interface Variant {
  readonly model: string;
  /** The model first. */
  readonly files: readonly RemoteFile[];
  readonly bytes: number;
}

const hex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const infoSchema = v.looseObject({
  sha: hex(40),
  cardData: v.optional(v.nullable(v.looseObject({ license: v.optional(v.unknown()) }))),
  tags: v.optional(v.array(v.string())),
});
const size = v.pipe(v.number(), v.integer(), v.minValue(0));
const treeSchema = v.array(
  v.looseObject({
    type: v.string(),
    path: v.string(),
    size: v.optional(size),
    oid: v.optional(v.string()),
    lfs: v.optional(v.nullable(v.looseObject({ oid: hex(64), size }))),
  }),
);

/** Errors: `hub-unreachable`, `hub-gated`, `hub-missing`, `hub-html`, `hub-answer`. */
export async function askRepository(
  hub: string,
  { repository, revision }: HubAddress,
  fetch: Fetch,
  waits?: readonly number[],
): Promise<Repository> {
  const api = `${hub}/api/models/${repository}`;
  const json = async <const T extends v.GenericSchema>(url: string, schema: T): Promise<v.InferOutput<T>> => {
    const response = await persistently(() => ask(fetch, url), waits);
    checkKind(response, url);
    const result = v.safeParse(schema, await response.json().catch(() => null));
    if (!result.success) throw unexpected(url, result.issues[0].message);
    return result.output;
  };
  const info = await json(`${api}/revision/${encodeURIComponent(revision)}`, infoSchema);
  const tree = await json(`${api}/tree/${info.sha}?recursive=true`, treeSchema);
  const files = tree.flatMap(({ type, path, size: bytes = 0, oid, lfs }): RemoteFile[] => {
    if (type !== 'file') return [];
    if (lfs) return [{ path, bytes: lfs.size, hash: { kind: 'sha256', hex: lfs.oid } }];
    return oid === undefined ? [] : [{ path, bytes, hash: { kind: 'git', hex: oid } }];
  });
  return { name: repository, revision: info.sha, licence: licenceOf(info), files };
}

function licenceOf({ cardData, tags }: v.InferOutput<typeof infoSchema>): string | null {
  const own = cardData?.license;
  if (typeof own === 'string') return own.slice(0, 80);
  const tag = tags?.find((one) => one.startsWith('license:'));
  return tag?.slice('license:'.length, 80) ?? null;
}

const beside: readonly string[] = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** The models of a repository, smallest first. External data are recognised by their names. */
export function variantsOf({ files }: Repository): readonly Variant[] {
  const support = files.filter(({ path }) => beside.includes(path));
  return files
    .filter(({ path }) => path.endsWith('.onnx'))
    .map((model): Variant => {
      const data = files.filter(({ path }) => belongs(path, model.path));
      const all = [model, ...data, ...support];
      return { model: model.path, files: all, bytes: all.reduce((sum, file) => sum + file.bytes, 0) };
    })
    .sort((a, b) => a.bytes - b.bytes);
}

/** `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`. */
function belongs(path: string, model: string): boolean {
  return path.startsWith(model) && /^[._]data(_\d+)?$/.test(path.slice(model.length));
}

/** Errors: `hub-no-model`, naming what there is. */
export function variantNamed(repository: Repository, model: string | null): Variant {
  const variants = variantsOf(repository);
  const found = model === null ? variants[0] : variants.find((one) => one.model === model);
  if (found !== undefined) return found;
  throw new StillroomError({
    code: 'hub-no-model',
    problem: model === null ? 'This repository has no ONNX model' : 'This repository has no such model',
    got: model ?? `${repository.files.length} files, none of them .onnx`,
    wanted: variants.map((one) => one.model).join(', ') || 'a file onnx/model.onnx',
    remedy: 'Choose a repository of ONNX models, such as those of onnx-community',
    control: 'teacher.hub',
  });
}

function unexpected(url: string, got: string): StillroomError {
  return new StillroomError({
    code: 'hub-answer',
    problem: 'The hub answered something that is not understood',
    got: `${got}, from ${new URL(url).pathname}`,
    remedy: 'Download the files by hand and drop them here',
    control: 'teacher.hub',
  });
}
