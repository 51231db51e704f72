/** The theme that is in force, for what is painted rather than styled. */
import { useSyncExternalStore } from 'react';

export function useResolvedTheme(): 'light' | 'dark' {
  return useSyncExternalStore(watch, () =>
    document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light',
  );
}

function watch(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'data-present'],
  });
  return () => observer.disconnect();
}
