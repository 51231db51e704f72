/** The words of the dialogs: locales/dialogs.json, a table of its own that is loaded with the first of them. */
import dialogs from '../locales/dialogs.json';
import { filled, type Values } from './text.ts';

export type DialogKey = keyof typeof dialogs;

export function d(key: DialogKey, values: Values = {}): string {
  return filled(dialogs[key], values);
}

/** The string of a key that is only known at run time, or undefined. */
export function maybeDialog(key: string): string | undefined {
  return isKey(key) ? d(key) : undefined;
}

function isKey(key: string): key is DialogKey {
  return Object.hasOwn(dialogs, key);
}
