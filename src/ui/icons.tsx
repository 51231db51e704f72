/** The few icons, as paths in a 16-pixel square. Always beside a word or inside a named button. */
import type { ReactNode } from 'react';

function icon(path: ReactNode) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {path}
    </svg>
  );
}

export const PlayIcon = () =>
  icon(<path d="M4 2.2v11.6c0 .5.6.8 1 .5l8.2-5.8a.6.6 0 0 0 0-1L5 1.7a.6.6 0 0 0-1 .5Z" />);
export const PauseIcon = () => icon(<path d="M3.5 2h3v12h-3zM9.5 2h3v12h-3z" />);
export const StepIcon = () => icon(<path d="M3 2.5v11l7-5.5zM11.2 2.5h1.8v11h-1.8z" />);
export const RewindIcon = () =>
  icon(<path d="M8 2.2V0L3.6 3.3 8 6.6V4.2a4.4 4.4 0 1 1-4.4 4.4h-2A6.4 6.4 0 1 0 8 2.2Z" />);
export const ShareIcon = () =>
  icon(
    <path d="M12 10.4c-.7 0-1.4.3-1.8.8L6.1 8.7a2.6 2.6 0 0 0 0-1.4l4-2.4A2.5 2.5 0 1 0 9.5 3l.1.7-4.1 2.4a2.5 2.5 0 1 0 0 3.8l4.1 2.4-.1.6a2.5 2.5 0 1 0 2.5-2.5Z" />,
  );
export const SunIcon = () =>
  icon(
    <path d="M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM7.3 0h1.4v2.6H7.3zM7.3 13.4h1.4V16H7.3zM0 7.3h2.6v1.4H0zM13.4 7.3H16v1.4h-2.6zM2.8 1.8l1.9 1.9-1 1-1.9-1.9zM12.3 11.3l1.9 1.9-1 1-1.9-1.9zM1.8 13.2l1.9-1.9 1 1-1.9 1.9zM11.3 3.7l1.9-1.9 1 1-1.9 1.9z" />,
  );
export const MoonIcon = () => icon(<path d="M6.2 1.2a7 7 0 1 0 8.6 8.6 5.6 5.6 0 0 1-8.6-8.6Z" />);
export const CloseIcon = () =>
  icon(
    <path d="m3.8 2.7 4.2 4.2 4.2-4.2 1.1 1.1L9.1 8l4.2 4.2-1.1 1.1L8 9.1l-4.2 4.2-1.1-1.1L6.9 8 2.7 3.8Z" />,
  );
export const DieIcon = () =>
  icon(
    <path d="M3 1h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V3c0-1.1.9-2 2-2Zm1.8 2.4a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8ZM8 6.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8Zm3.2 3.2a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8Z" />,
  );
export const LockIcon = () =>
  icon(
    <path d="M4.5 7V4.8a3.5 3.5 0 0 1 7 0V7h.5c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H4a1 1 0 0 1-1-1V8c0-.6.4-1 1-1h.5Zm1.5 0h4V4.8a2 2 0 1 0-4 0Z" />,
  );
