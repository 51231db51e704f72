/** Copies a text, and says that it did. */
import { useState } from 'react';
import { l } from './words.ts';

/** `text` is asked when it is wanted. */
export function CopyButton({ text }: { text(): string }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <button
        type="button"
        onClick={() => {
          void navigator.clipboard.writeText(text()).then(() => setCopied(true));
        }}
      >
        {l('copy.do')}
      </button>
      <span className="small quiet" role="status">
        {copied ? l('copy.done') : ''}
      </span>
    </>
  );
}
