/** Keeps `data-theme` at light or dark: the system's choice, or the user's. The only place that knows of both. */
import type { Theme } from '../store/state.ts';

const dark = globalThis.matchMedia('(prefers-color-scheme: dark)');

export function resolveTheme(theme: Theme): 'light' | 'dark' {
  return theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}

/** Sets it now and whenever the system's choice changes; returns the way to stop. */
export function keepTheme(theme: Theme): () => void {
  const set = () => {
    document.documentElement.dataset['theme'] = resolveTheme(theme);
  };
  set();
  dark.addEventListener('change', set);
  return () => dark.removeEventListener('change', set);
}
