/** How large a configuration may be. Reaching a limit is a problem that is told, never silence. */
import { Refusal } from './command.ts';

/** Characters of configuration text. */
export const MAX_TEXT_LENGTH = 1 << 20;
export const MAX_LINES = 50_000;
/** Characters of one line. */
export const MAX_LINE_LENGTH = 1_000;
/** Interfaces, networks, routes, lists and maps of a router; addresses of an interface; rules of a list. */
export const MAX_ENTRIES = 4_096;
/** Classes of a policy map, lines of a class map; every packet is held against them. IOS has as many classes. */
export const MAX_CLASSES = 256;
/** Problems told of one text; the last one says that there are more. */
export const MAX_PROBLEMS = 100;

/** Refuses to add to a list that is full. */
export function atMost(list: readonly unknown[], what: string, most = MAX_ENTRIES): Refusal | undefined {
  return list.length < most ? undefined : new Refusal(`more than ${most} ${what}`);
}
