#!/usr/bin/env node
/**
 * Where the program begins. A Node that is too old does not come as far as program.ts, whose modules it cannot load:
 * it is told so here, by what any Node can read.
 */
import { nodeProblem } from './node.ts';

const problem = nodeProblem(process.versions.node);
if (problem === undefined) await import('./program.ts');
else {
  console.error(`shadowlab: ${problem}`);
  // EXIT.error, of a module that an old Node need not know.
  process.exitCode = 3;
}
