/** What a lesson does to the page, for as long as it is not lifted: which parts are left out, which settings are locked. */
import { isLockedBy, type Lesson, type LessonPart } from '../spec/lesson.ts';
import { controls } from './controls.ts';
import type { AppState } from './state.ts';

/** The lesson that holds now; null where there is none, or all was shown again. */
export function lessonInForce({ lesson, lifted }: AppState): Lesson | null {
  return lifted ? null : lesson;
}

/** Whether whoever made it said something of their own. */
export function hasWords(lesson: Lesson | null): lesson is Lesson {
  return lesson !== null && (lesson.title !== '' || lesson.text !== '');
}

export function isHidden(state: AppState, part: LessonPart): boolean {
  return lessonInForce(state)?.hide.includes(part) ?? false;
}

/** `path`: a setting of the specification, or `preset`. */
export function isLocked(state: AppState, path: string): boolean {
  return isLockedBy(lessonInForce(state)?.lock ?? [], path);
}

/** Whether anything would come back if all were shown. */
export function restricts({ lesson }: AppState): boolean {
  return lesson !== null && lesson.hide.length + lesson.lock.length > 0;
}

/** Whether files of the reader's would take the place of what the lesson keeps: they go with either lock. */
export function keepsOwnFilesOut(state: AppState): boolean {
  return isHidden(state, 'bring') || isLocked(state, 'teacher') || isLocked(state, 'data');
}

/** Whether a setting cannot be moved as the lesson stands: it is locked, or its card is left out. */
export function isOutOfReach(state: AppState, path: string): boolean {
  const card = controls.find((control) => control.path === path)?.card;
  return isLocked(state, path) || (card !== undefined && isHidden(state, card));
}
