/** The laboratory's words: locales/lab.json, a table of its own that is loaded with the laboratory. */
import '../styles/lab.css';
import lab from '../../locales/lab.json';
import { filled, type Values } from '../text.ts';

export type LabKey = keyof typeof lab;

export function l(key: LabKey, values: Values = {}): string {
  return filled(lab[key], values);
}

/** The string of a key that is only known at run time, or undefined. */
export function maybeLab(key: string, values: Values = {}): string | undefined {
  return isKey(key) ? l(key, values) : undefined;
}

function isKey(key: string): key is LabKey {
  return Object.hasOwn(lab, key);
}
