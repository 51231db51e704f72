/**
 * The page's words and numbers: typed look-up in locales/en.json, with {named} values filled in. No HTML in strings;
 * where a value is an element, `rich` returns the pieces for React.
 */
import { createElement, Fragment, type ReactNode } from 'react';
import en from '../locales/en.json';
import type { RunFacts } from '../protocol/events.ts';

export type TextKey = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

export function t(key: TextKey, values: Values = {}): string {
  return filled(en[key], values);
}

/** A string of any table with its {named} values. */
export function filled(words: string, values: Values): string {
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? count(value) : value;
  });
}

/** The string of a key that is only known at run time, or undefined. */
export function maybe(
  key: string,
  values: Readonly<Record<string, string | number>> = {},
): string | undefined {
  return isKey(key) ? t(key, values) : undefined;
}

function isKey(key: string): key is TextKey {
  return Object.hasOwn(en, key);
}

/** `key.one` for 1, else `key.other`; both get {n}. */
export function plural(
  stem: string,
  n: number,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const form = new Intl.PluralRules('en').select(n) === 'one' ? 'one' : 'other';
  return maybe(`${stem}.${form}`, { n, ...values }) ?? `${stem} ${n}`;
}

/** The same with elements as values. */
export function rich(key: TextKey, values: Readonly<Record<string, ReactNode>>): ReactNode {
  const parts = en[key].split(/\{(\w+)\}/g);
  return createElement(
    Fragment,
    null,
    ...parts.map((part, at) => (at % 2 === 0 ? part : createElement(Fragment, { key: part }, values[part]))),
  );
}

/** Before a name that begins with a vowel as it is spoken: an 8. */
export function article(name: string): 'a' | 'an' {
  return /^([aeiou]|8|1[18](?!\d))/i.test(name) ? 'an' : 'a';
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return Number.isFinite(value) ? whole.format(value) : '–';
}

export function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–';
}

/** A share as "92.9 %". */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${fixed(share * 100, digits)} %` : '–';
}

/** A difference of shares as "+24.2". */
export function points(share: number): string {
  if (!Number.isFinite(share)) return '–';
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}`;
}

/** Three figures, whatever the size: .0431, 5.3, 1,250. */
export function figures(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  if (size < 1e-3) return value.toExponential(1).replace('-', '−');
  return String(Number(value.toPrecision(3))).replace(/^-/, '−');
}

/** A remark of the engine, which begins small and has no stop. */
export function asSentence(remark: string): string {
  return `${remark.charAt(0).toUpperCase()}${remark.slice(1)}${/[.!?]$/.test(remark) ? '' : '.'}`;
}

/** Where a run is computed; the engine's own name for doing without a GPU says nothing to a reader. */
export function adapterName({ adapter }: Pick<RunFacts, 'adapter'>): string {
  return adapter.executor === 'reference' ? t('adapter.processor') : adapter.name;
}

/** For whoever does not know that mesa and swiftshader are processors which play a GPU. */
export function whereItRan({ adapter }: Pick<RunFacts, 'adapter'>): string {
  const name = adapterName({ adapter });
  return adapter.software && adapter.executor === 'gpu' ? t('adapter.software', { name }) : name;
}

/** What is left of a run, no more exact than it can be known. */
export function timeLeft(seconds: number): string {
  return timeText('time', seconds);
}

/** How long something takes, no more exact than it can be known. */
export function timeSpan(seconds: number): string {
  return timeText('span', seconds);
}

function timeText(stem: 'time' | 'span', seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 1.5) return t(`${stem}.seconds`, { n: Math.max(5, Math.ceil(seconds / 5) * 5) });
  return minutes < 90
    ? t(`${stem}.minutes`, { n: Math.round(minutes) })
    : t(`${stem}.hours`, { n: Math.round(minutes / 60) });
}

export function bytes(value: number): string {
  if (value < 1000) return `${count(value)} B`;
  if (value < 1e6) return `${count(value / 1e3)} kB`;
  return value < 1e9 ? `${fixed(value / 1e6, 1)} MB` : `${fixed(value / 1e9, 2)} GB`;
}
