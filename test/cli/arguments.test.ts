import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type Ended, STARTER, shadowlab, temporaryFolder } from './shadowlab.ts';

const folder = (name: string): string => join(tmp, name);
let tmp = '';

interface Case {
  readonly claim: string;
  readonly args: () => readonly string[];
  readonly code: number;
  /** All of standard error, or a part of it. */
  readonly says: string | RegExp;
}

const HINT = (command: string): string => `(shadowlab ${command} --help shows how to use it)\n`;

const CASES: readonly Case[] = [
  {
    claim: 'an unknown command, with the one that was meant',
    args: () => ['rnu', STARTER],
    code: 2,
    says: "shadowlab: unknown command 'rnu'\n(Did you mean run?)\n(shadowlab --help shows the commands)\n",
  },
  { claim: 'no command', args: () => [], code: 2, says: /^Usage: shadowlab/ },
  {
    claim: 'a command without its file',
    args: () => ['run'],
    code: 2,
    says: `shadowlab: missing required argument 'experiment.yaml'\n${HINT('run')}`,
  },
  {
    claim: 'an experiment that needs programs on hosts, where there are none',
    args: () => ['run', folder('programs.yaml')],
    code: 2,
    says: /programs\.yaml:5:5: step 2 \(ask\): exec needs a real backend \(and 1 more such action behind it\): run it with --backend netns, docker or containerlab; the embedded lab's hosts have no programs\n$/,
  },
  {
    claim: 'an unknown option, with the one that was meant',
    args: () => ['run', '--sed', '1', STARTER],
    code: 2,
    says: `shadowlab: unknown option '--sed'\n(Did you mean --seed?)\n${HINT('run')}`,
  },
  {
    claim: 'a seed that is none',
    args: () => ['run', '--seed', '-1', STARTER],
    code: 2,
    says: `shadowlab: option '--seed <n>' argument '-1' is invalid. A seed is a whole number from 0 to 4294967295.\n${HINT('run')}`,
  },
  {
    claim: 'a seed that is too large',
    args: () => ['run', '--seed', '4294967296', STARTER],
    code: 2,
    says: /A seed is a whole number/,
  },
  {
    claim: 'a format that there is not',
    args: () => ['run', '--format', 'xml', STARTER],
    code: 2,
    says: /Allowed choices are pretty, plain, json/,
  },
  {
    claim: 'a backend that there is not',
    args: () => ['run', '--backend', 'dockers', STARTER],
    code: 2,
    says: /Allowed choices are embedded/,
  },
  {
    claim: 'a step that there is not, with those that there are',
    args: () => ['run', '--only', 'the comit', STARTER],
    code: 2,
    says: `shadowlab: ${STARTER} has no step "the comit"; its steps are:
  1  converge
  2  the change moves traffic to C
  3  and C-B has a backup
  4  the link is back
  5  the change goes live
`,
  },
  {
    claim: 'a file that is not there',
    args: () => ['run', 'nosuch.yaml'],
    code: 2,
    says: 'nosuch.yaml: the experiment does not exist\n1 error; nothing was started\n',
  },
  {
    claim: 'a folder in place of a file',
    args: () => ['validate', 'experiments'],
    code: 2,
    says: 'experiments: the experiment is a folder, not a file\n1 error; nothing was started\n',
  },
  {
    claim: 'a results folder that is a file',
    args: () => ['run', '--results', folder('file'), STARTER],
    code: 2,
    says: /^shadowlab: no folder for results can be made: .*file: there is a file of this name \(choose another place with --results DIR\)\n$/,
  },
  {
    claim: 'a results folder of an impossible name',
    args: () => ['run', '--results', folder('x'.repeat(300)), STARTER],
    code: 2,
    says: /the name is too long \(choose another place with --results DIR\)\n$/,
  },
  {
    claim: 'a results folder of no name',
    args: () => ['run', '--results', '', STARTER],
    code: 2,
    says: /^shadowlab: option '--results <dir>' argument '' is invalid. It is the name of a folder/,
  },
  {
    claim: 'a router that there is not, with those that there are',
    args: () => ['show', STARTER, '--config', 'D'],
    code: 2,
    says: `shadowlab: no router "D" in ${STARTER} (it has A, B, C)\n`,
  },
  {
    claim: 'a plane that there is not',
    args: () => ['show', STARTER, '--config', 'A', '--plane', 'shadows'],
    code: 2,
    says: /Allowed choices are real, shadow/,
  },
  {
    claim: 'a run that is not there',
    args: () => ['report', folder('norun')],
    code: 2,
    says: /norun is not the folder of a run: there is no events\.jsonl in it \(try results\/EXPERIMENT\/latest\)\n$/,
  },
  {
    claim: 'a run of garbage',
    args: () => ['report', folder('garbage')],
    code: 2,
    says: /^shadowlab: no report can be made from .*events\.jsonl: there is no recorded fact in it/,
  },
  {
    claim: 'a run with garbage within',
    args: () => ['report', folder('spoilt')],
    code: 2,
    says: /events\.jsonl: its line 2 is no recorded fact \(is it whole, and of this version of shadowlab\?\)\n$/,
  },
  {
    claim: 'a run of facts that say nothing',
    args: () => ['report', folder('hollow')],
    code: 2,
    says: /^shadowlab: no report can be made from .*\(is it whole, and of this version of shadowlab\?\)\n$/,
  },
  {
    claim: 'an argument too many',
    args: () => ['doctor', 'who'],
    code: 2,
    says: /^shadowlab: too many arguments/,
  },
  {
    claim: 'a folder for init that is a file',
    args: () => ['init', folder('file')],
    code: 2,
    says: /cannot be written: .*file: there is a file of this name\n$/,
  },
];

describe('a wrong command line is answered with what is wrong and what would be right, without a stack trace:', () => {
  tmp = temporaryFolder();
  const ended = new Map<string, Ended>();

  before(async () => {
    writeFileSync(folder('file'), '');
    writeFileSync(
      folder('programs.yaml'),
      `name: programs
topology: { nodes: { A: }, hosts: { a: { router: A } } }
steps:
  - converge:
  - { name: ask, exec: { on: a, run: curl } }
  - exec: { on: a, run: ls }
`,
    );
    const run = '{"t":0,"fact":"run-started"}\n';
    for (const [name, events] of [
      ['garbage', 'hello\n'],
      ['hollow', run],
      ['spoilt', `${run}\nhello\n${run}`],
    ]) {
      mkdirSync(folder(name));
      writeFileSync(join(folder(name), 'events.jsonl'), events);
    }
    // Two at a time: a process takes half a second to start.
    const left = [...CASES];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        ended.set(next.claim, await shadowlab(next.args()));
      }
    };
    await Promise.all([work(), work()]);
  });

  for (const { claim, code, says } of CASES) {
    it(claim, () => {
      const result = ended.get(claim);
      if (typeof says === 'string') expect(result?.stderr).to.equal(says);
      else expect(result?.stderr).to.match(says);
      expect(result?.stderr).not.to.match(/\n {4}at /);
      expect(result?.stdout).to.equal('');
      expect(result?.code).to.equal(code);
    });
  }
});
