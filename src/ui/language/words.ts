/** The words of language: locales/language.json, a table of its own that is loaded with these panels. */
import '../styles/language.css';
import language from '../../locales/language.json';
import { filled, type Values } from '../text.ts';

export type LanguageKey = keyof typeof language;

export function w(key: LanguageKey, values: Values = {}): string {
  return filled(language[key], values);
}

/** A token as it is shown: a new line by its sign, and one that adds nothing by its number. */
export function tokenText(classNames: readonly string[] | undefined, token: number): string {
  const piece = classNames?.[token] ?? '';
  return piece === '' ? `⟨${token}⟩` : piece.replaceAll('\n', '↵').replaceAll('\t', '⇥');
}

/** The same in a sentence, where spaces at its ends would be lost anyway. */
export function tokenWord(classNames: readonly string[] | undefined, token: number): string {
  const text = tokenText(classNames, token);
  return text.trim() === '' ? '␣' : text.trim();
}
