/** Which Node is needed. Imports nothing: an old one reads this file, too. */

const NEEDED_NODE = 24;

/** Words for people whose Node, of a version like `20.11.1`, is too old; undefined where it is not. */
export function nodeProblem(node: string): string | undefined {
  if (Number(node.split('.')[0]) >= NEEDED_NODE) return undefined;
  return `Node ${NEEDED_NODE} or newer is needed, this is ${node} (in a project, npm install --save-dev node@${NEEDED_NODE} brings it to npx and npm run)`;
}
