/** A user's texts and the teacher's tokenizer among the files that were given for a run. It cuts no samples. */
import type { TextDataSpec, UserText } from '../data/textFileDataset.ts';
import { readDocuments } from '../data/textFiles.ts';
import { teacherTokenizer } from '../data/tokenizers.ts';
import type { GivenFile } from '../protocol/commands.ts';
import { fileNamed, languageConfig, tokenizerName } from '../teachers/language.ts';

const textNames = /\.(txt|md|jsonl|ndjson|csv|tsv)(\.gz)?$/i;

/** Undefined where no file is a text. Errors: those of the readers and of tokenizers. */
export async function ownText(
  files: readonly GivenFile[],
  { tokenizer, column }: Pick<TextDataSpec, 'tokenizer' | 'column'>,
): Promise<UserText | undefined> {
  const texts = files.filter(({ name }) => textNames.test(name));
  if (texts.length === 0) return undefined;
  const documents = texts.flatMap(({ name, bytes }) => readDocuments(name, bytes, column));
  const file = tokenizer === 'teacher' ? fileNamed(files, tokenizerName) : null;
  if (file === null) return { documents, tokenizer: null };
  const classes = languageConfig(files)?.vocabulary ?? null;
  return { documents, tokenizer: { file: file.bytes, read: await teacherTokenizer(file.bytes, classes) } };
}
