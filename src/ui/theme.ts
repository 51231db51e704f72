/** Keeps `data-theme` at light or dark: the system's choice, or the user's; light on paper. The only place that knows of all. */
import type { Theme } from '../store/state.ts';

const dark = globalThis.matchMedia('(prefers-color-scheme: dark)');
const paper = globalThis.matchMedia('print');

export function resolveTheme(theme: Theme): 'light' | 'dark' {
  return theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}

/** Sets it now and whenever the system's choice changes; returns the way to stop. */
export function keepTheme(theme: Theme): () => void {
  const set = () => {
    document.documentElement.dataset['theme'] = paper.matches ? 'light' : resolveTheme(theme);
  };
  set();
  for (const media of [dark, paper]) media.addEventListener('change', set);
  return () => {
    for (const media of [dark, paper]) media.removeEventListener('change', set);
  };
}
