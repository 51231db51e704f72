/** A text that is to be taken elsewhere: selected when it gets the focus, copied by one button. */
import { useEffect, useState } from 'react';
import { announce, currentRun } from '../store/state.ts';
import { useAppStore } from './appContext.tsx';
import { d } from './dialogWords.ts';

export function CopyText({ label, text }: { label: string; text: string }) {
  const store = useAppStore();
  const [copied, setCopied] = useState('');
  useEffect(() => setCopied((before) => (before === text ? before : '')), [text]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(text);
    announce(store, 'copied', currentRun(store.getState())?.step ?? 0);
  };
  return (
    <div className="row">
      <input
        type="text"
        readOnly
        aria-label={label}
        value={text}
        onFocus={(event) => event.target.select()}
      />
      <button type="button" className="primary" onClick={() => void copy()}>
        {d(copied === text ? 'share.copied' : 'share.copy')}
        <span className="visually-hidden"> {label}</span>
      </button>
    </div>
  );
}
