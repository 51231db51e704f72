/** The frame of every dialog: the browser's own modal element, which keeps focus, Escape and the backdrop right. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useAppStore } from './appContext.tsx';
import { t } from './text.ts';

interface Props {
  readonly title: string;
  /** Room for two columns. */
  readonly broad?: boolean;
  readonly children: ReactNode;
}

export function Dialog({ title, broad = false, children }: Props) {
  const store = useAppStore();
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const close = () => store.setState({ dialog: null });
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={broad ? 'is-broad' : undefined}
      aria-labelledby={titleId}
      onClose={close}
    >
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="plain" onClick={close}>
          {t('dialog.close')}
        </button>
      </div>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
