/** How large a configuration may be. Reaching a limit is a problem that is told, never silence. */
import { Refusal } from './command.ts';

/** Characters of configuration text. */
export const MAX_TEXT_LENGTH = 1 << 20;
export const MAX_LINES = 50_000;
/** Characters of one line. */
export const MAX_LINE_LENGTH = 1_000;
/** Interfaces, networks, routes, lists and maps of a router; addresses of an interface; rules or classes of one. */
export const MAX_ENTRIES = 4_096;
/** Problems told of one text; the last one says that there are more. */
export const MAX_PROBLEMS = 100;

/** Refuses to add to a list that is full. */
export function atMost(list: readonly unknown[], what: string): Refusal | undefined {
  return list.length < MAX_ENTRIES ? undefined : new Refusal(`more than ${MAX_ENTRIES} ${what}`);
}
